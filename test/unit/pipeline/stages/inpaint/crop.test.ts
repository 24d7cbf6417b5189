import { describe, expect, it } from 'vitest';
import { diffusionSchema } from '../../../../../main/diffusion/pack.ts';
import { chooseCrop, cropControl, shrinkMask } from '../../../../../main/pipeline/stages/inpaint/crop.ts';
import { createRaster } from '../../../../../main/imaging/raster.ts';

const spec = (sampleSize: number) =>
  diffusionSchema.parse({
    family: 'sd15',
    unet: { channels: 9, sampleSize },
    vae: { scale: 0.18215, tile: 512 },
    textEncoders: [{ model: 'text_encoder', tokenizer: 't', pad: 0, hidden: 'last_hidden_state' }],
    scheduler: 's.json',
  });
const photo = { width: 4000, height: 3000 };

describe('chooseCrop', () => {
  it('shows a wide sofa in its own aspect, at about the model’s own number of pixels', () => {
    const { rect, size } = chooseCrop({ x: 1000, y: 1500, width: 1200, height: 600 }, photo, 0.35, spec(64));
    expect(size.width % 64 || size.height % 64).toBe(0);
    expect(size.width * size.height).toBeGreaterThan(0.8 * 512 * 512);
    expect(size.width * size.height).toBeLessThan(1.25 * 512 * 512);
    expect(size.width).toBeGreaterThan(size.height);
    expect(rect.width / rect.height).toBeCloseTo(size.width / size.height, 2);
    expect(rect.x).toBeLessThanOrEqual(1000 - 0.35 * 1200 + 1);
    expect(rect.x + rect.width).toBeGreaterThanOrEqual(2200 + 0.35 * 1200 - 1);
  });

  it('gives a thin floor lamp a crop that is at most twice as high as wide', () => {
    const { rect, size } = chooseCrop({ x: 2000, y: 500, width: 100, height: 1800 }, photo, 0.1, spec(64));
    expect(size.height / size.width).toBeLessThanOrEqual(2.01);
    expect(rect.width).toBeGreaterThan(900);
  });

  it('stays inside the photo and around the mask at its corner', () => {
    const box = { x: 3700, y: 2800, width: 300, height: 200 };
    const { rect } = chooseCrop(box, photo, 0.35, spec(128));
    expect(rect.x + rect.width).toBeLessThanOrEqual(4000);
    expect(rect.y + rect.height).toBeLessThanOrEqual(3000);
    expect(rect.x).toBeLessThanOrEqual(box.x);
    expect(rect.y).toBeLessThanOrEqual(box.y);
  });
});

describe('shrinkMask', () => {
  it('takes in every pixel that the mask touches, and a margin', async () => {
    const mask = createRaster('u8', 256, 256);
    for (let y = 100; y < 140; y++) mask.data.fill(255, y * 256 + 100, y * 256 + 140);
    const { data, width } = await shrinkMask(mask, { width: 64, height: 64 }, 4);
    const at = (x: number, y: number) => data[y * width + x];
    expect(at(30, 30)).toBe(255);
    expect(at(25, 30)).toBe(255);
    expect(at(21, 30)).toBe(255); // 4 px beyond the mask's edge at 25
    expect(at(18, 30)).toBe(0);
    expect(new Set(data)).toEqual(new Set([0, 255]));
  });
});

describe('cropControl', () => {
  it('cuts the depth map where the crop lies in the photo', async () => {
    const depth = createRaster('u8', 100, 75);
    for (let y = 0; y < 75; y++) for (let x = 0; x < 100; x++) depth.data[y * 100 + x] = 2 * x;
    const rect = { x: 2000, y: 1000, width: 800, height: 800 };
    const control = await cropControl(depth, photo, rect, { width: 64, height: 64 });
    expect([control.width, control.height, control.channels]).toEqual([64, 64, 1]);
    expect(control.data[0]).toBeGreaterThan(96);
    expect(control.data[0]).toBeLessThan(104);
    expect(control.data.at(-1)).toBeGreaterThan(134);
    expect(control.data.at(-1)).toBeLessThan(142);
  });
});
