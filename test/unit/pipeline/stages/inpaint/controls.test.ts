import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { diffusionSchema } from '../../../../../main/diffusion/pack.ts';
import { createRaster, type Raster } from '../../../../../main/imaging/raster.ts';
import { makeControls } from '../../../../../main/pipeline/stages/inpaint/controls.ts';
import { inpaintParams } from '../../../../../main/pipeline/stages/inpaint/params.ts';
import { planInpaint } from '../../../../../main/pipeline/stages/inpaint/plan.ts';
import { requireControls } from '../../../../../main/pipeline/stages/inpaint/require-controls.ts';
import { emptyRecipe, withStage } from '../../../../../main/pipeline/recipe.ts';

const photo = { width: 400, height: 300 };
const rect = { x: 100, y: 60, width: 200, height: 160 };

/** Stripes, and a hole in the middle. */
function makePlace() {
  const picture = createRaster('u8', 100, 80, 3);
  for (let i = 0; i < picture.data.length; i++) picture.data[i] = (((i / 3) | 0) % 100) % 20 < 10 ? 30 : 220;
  const hole = createRaster('u8', 100, 80);
  for (let y = 20; y < 60; y++) hole.data.fill(255, y * 100 + 30, y * 100 + 70);
  return { photo, rect, picture, hole };
}

const inside = ({ data }: Raster<Uint8Array>, hole: Raster<Uint8Array>, within: boolean) =>
  data.reduce((sum, v, i) => sum + (hole.data[i]! > 0 === within ? v : 0), 0);

describe('makeControls', () => {
  it.each(['lineart', 'canny'])('draws %s from the photo, and nothing of the old object', async (kind) => {
    const place = makePlace();
    const made = await makeControls(noBlobs, [{ kind, picture: null }], place);
    const drawn = made.get(kind)!;
    expect([drawn.width, drawn.height, drawn.channels]).toEqual([100, 80, 1]);
    expect(inside(drawn, place.hole, true)).toBe(0);
    expect(inside(drawn, place.hole, false)).toBeGreaterThan(10_000);
  });

  it('cuts the crop out of a picture that is laid over the whole photo, at any size', async () => {
    // Half the photo's size: white right of the crop's middle.
    const white = await sharp({ create: { width: 100, height: 150, channels: 3, background: 'white' } })
      .png()
      .toBuffer();
    const bytes = await sharp({ create: { width: 200, height: 150, channels: 3, background: 'black' } })
      .composite([{ input: white, left: 100, top: 0 }])
      .png()
      .toBuffer();
    const made = await makeControls(
      blobs({ sketch: bytes }),
      [{ kind: 'scribble', picture: 'sketch' }],
      makePlace(),
    );
    const given = made.get('scribble')!;
    expect([given.width, given.height]).toEqual([100, 80]);
    const at = (x: number) => given.data[(40 * 100 + x) * given.channels]!;
    expect([at(10), at(46), at(54), at(90)]).toEqual([0, 0, 255, 255]);
  });

  it('refuses a picture of another shape', async () => {
    const bytes = await sharp({ create: { width: 90, height: 90, channels: 3, background: 'black' } })
      .png()
      .toBuffer();
    const wrong = makeControls(
      blobs({ square: bytes }),
      [{ kind: 'scribble', picture: 'square' }],
      makePlace(),
    );
    await expect(wrong).rejects.toThrow(/is 90×90, the photo 400×300/);
  });
});

const noBlobs = blobs({});

function blobs(files: Readonly<Record<string, Uint8Array>>) {
  return { blob: async (sha256: string) => files[sha256]! };
}

describe('requireControls', () => {
  const spec = diffusionSchema.parse({
    family: 'sd15',
    unet: { channels: 4, sampleSize: 64, residuals: 12 },
    vae: { scale: 1, tile: 512 },
    textEncoders: [{ model: 'text_encoder', tokenizer: 'tokenizer', pad: 0, hidden: 'last_hidden_state' }],
    scheduler: 'scheduler.json',
    controls: ['depth', 'canny', 'openpose'].map((kind) => ({ kind, model: `controlnet_${kind}` })),
  });

  it.each([
    [{ kind: 'lineart', picture: null }, /has no control “lineart”/],
    [{ kind: 'depth', picture: null }, /not one of inpaint.controls/],
    [{ kind: 'openpose', picture: null }, /needs a picture/],
  ])('refuses %j', (control, message) => {
    expect(() => requireControls('pack', spec, [control])).toThrow(message);
  });

  it('takes what the pack has', () => {
    expect(() =>
      requireControls('pack', spec, [
        { kind: 'canny', picture: null },
        { kind: 'openpose', picture: 'pose' },
      ]),
    ).not.toThrow();
  });
});

describe('planInpaint with controls', () => {
  const plan = (controls: object[]) => {
    const inpaint = inpaintParams.parse({ engine: 'diffuse', pack: 'studio', controls });
    return planInpaint(withStage(emptyRecipe(), 0, 'inpaint', inpaint).edits[0]!);
  };

  it('draws each kind once for any scale, and hands them to the sampler', () => {
    const [weak, strong] = [0.2, 0.9].map((scale) => plan([{ kind: 'canny', scale }]));
    const find = (nodes: typeof weak, id: string) => nodes!.find((node) => node.id === id)!;
    expect(find(weak, 'inpaint.controls')).toEqual(find(strong, 'inpaint.controls'));
    expect(find(weak, 'inpaint.controls').outputs).toEqual(['canny']);
    expect(find(weak, 'inpaint.sample').inputs['control-canny']).toBe('inpaint.controls/canny');
    expect(find(weak, 'inpaint.sample').params.identity).not.toEqual(
      find(strong, 'inpaint.sample').params.identity,
    );
  });

  it('has no such node where none is asked for, or all are off', () => {
    expect(plan([]).map(({ id }) => id)).not.toContain('inpaint.controls');
    expect(plan([{ kind: 'canny', scale: 0 }]).map(({ id }) => id)).not.toContain('inpaint.controls');
  });
});
