import type { Frame } from '../../../../../main/imaging/frame.ts';
import { widenSamples } from '../../../../../main/imaging/samples.ts';
import { sharp } from '../../../../../main/imaging/vips.ts';
import type { NodeContext, PackFiles } from '../../../../../main/pipeline/node.ts';
import { createFloorPlane, floorDisparity } from '../../../../../main/placement/floor-plane.ts';
import { type NodeTrial, tryNode, type Written } from '../../../../support/node-context.ts';
import { fakeCatalogue } from '../../../placement/fake-catalogue.ts';

export const [WIDTH, HEIGHT] = [480, 360];
export const plane = createFloorPlane({
  width: WIDTH,
  height: HEIGHT,
  focal: 420,
  horizon: 120,
  confidence: 1,
  source: 'user',
});
/** The old armchair: a seat seen a little from its left. */
const OUTLINE = 'M180 150L290 145L295 200L310 210L312 285L300 300L200 315L170 290L168 205Z';

async function draw(svg: string, channels: 1 | 3): Promise<Uint8Array> {
  const image = sharp(
    Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">${svg}</svg>`),
  ).removeAlpha();
  return new Uint8Array(await (channels === 1 ? image.extractChannel(0) : image).raw().toBuffer());
}

/** A drawn room (grey wall, brown floor, a red chair) as a frame of 8 or 16 bits, with what earlier nodes say of it. */
export async function drawRoom(depth: 8 | 16 = 8) {
  const walls =
    '<rect width="480" height="360" fill="#a8a49c"/><rect y="190" width="480" height="170" fill="#7a6550"/>';
  const [photo, empty, mask] = await Promise.all([
    draw(`${walls}<path d="${OUTLINE}" fill="#8a2020"/>`, 3),
    draw(walls, 3),
    draw(
      `<rect width="480" height="360"/><path d="${OUTLINE}" fill="white" stroke="white" stroke-width="6"/>`,
      1,
    ),
  ]);
  const toRaster = (data: Uint8Array) =>
    ({
      width: WIDTH,
      height: HEIGHT,
      channels: 3,
      data: depth === 8 ? data : widenSamples(data),
    }) as Frame['raster'];
  const frame: Frame = {
    info: {
      width: WIDTH,
      height: HEIGHT,
      channels: 3,
      depth,
      format: 'png',
      convertedFromCmyk: false,
      notes: [],
    },
    raster: toRaster(photo),
    icc: null,
  };
  const inputs: Record<string, Written> = {
    mask: whole({ width: WIDTH, height: HEIGHT, channels: 1, data: mask }),
    plate: whole(toRaster(empty)),
    depth: whole({ width: WIDTH / 2, height: HEIGHT / 2, channels: 1, data: floorDepth() }),
    floor: { json: plane },
  };
  return { frame, inputs };
}

function whole(
  raster: Frame['raster'] | { width: number; height: number; channels: number; data: Float32Array },
): Written {
  const { width, height } = raster;
  return { raster, window: { width, height, rect: { x: 0, y: 0, width, height }, background: 'zero' } };
}

/** Depth of an empty room: the floor, and a wall where it ends. */
function floorDepth(): Float32Array {
  const data = new Float32Array((WIDTH / 2) * (HEIGHT / 2));
  for (let i = 0; i < data.length; i++) {
    const y = Math.max(Math.floor(i / (WIDTH / 2)) * 2 + 1, 190);
    data[i] = 0.05 + 0.8 * floorDisparity(plane, { x: (i % (WIDTH / 2)) * 2 + 1, y });
  }
  return data;
}

let packs: Promise<PackFiles> | undefined;

/** A pack that holds nothing but the fake catalogue. */
function fakePacks(): Promise<PackFiles> {
  packs ??= fakeCatalogue().then(({ files }) => ({
    read: (_pack, file) => files.read(file),
    list: (_pack, prefix) => files.list(prefix),
    manifest: (pack) => {
      throw new TypeError(`The fake catalogue has no pack.json of ${pack}`);
    },
  }));
  return packs;
}

/** Runs a node on the room; what it wrote is added to `inputs`. */
export async function runOn<P>(
  run: (ctx: NodeContext<P>) => Promise<void>,
  room: Awaited<ReturnType<typeof drawRoom>>,
  params: P,
  blobs: Record<string, Uint8Array> = {},
): Promise<NodeTrial<P>> {
  const trial = tryNode({ params, frame: room.frame, inputs: room.inputs, blobs });
  await run({ ...trial.context, packs: await fakePacks() });
  for (const [name, value] of trial.written) room.inputs[name] = value;
  return trial;
}
