import { floatData, floatTensor } from '../inference/tensor.ts';
import { bindGraph, type BoundGraph, type Checkpoint } from './checkpoint.ts';
import type { Planes } from './planes.ts';
import { blendTiles, type PlanarTile, sliceTile, tileStarts } from './vae-tiles.ts';
import { latentsFromParameters } from './vae-latents.ts';

export interface VaeOptions {
  /** Works in tiles where a side is longer than the VAE's own size: less memory, slightly other samples. */
  readonly tiled: boolean;
}

/** The pack's VAE. Counts its passes: a picture or latents taken in tiles count once. */
export interface Vae {
  /**
   * A picture, [3,H,W] in −1..1, as scaled latents [C,h,w]: mean + std·noise, or the mean where noise is null.
   * `raw` latents are not scaled (InstructPix2Pix conditions on those).
   */
  encode(picture: Planes, noise: Float32Array | null, raw?: boolean): Promise<Planes>;
  /** Scaled latents as a picture, [3,H,W] in about −1..1 (not clipped). */
  decode(latents: Planes): Promise<Planes>;
  readonly encodes: number;
  readonly decodes: number;
}

/** Share of a tile that overlaps the next one. Source: `tile_overlap_factor` of diffusers' AutoencoderKL. */
const OVERLAP = 0.25;

export function openVae(checkpoint: Checkpoint, { tiled }: VaeOptions): Vae {
  const { vae } = checkpoint.spec;
  const { factor, scale, latentChannels } = vae;
  const latentTile = Math.floor(vae.tile / factor);
  const counts = { encodes: 0, decodes: 0 };
  let encoder: Promise<BoundGraph> | undefined;
  let decoder: Promise<BoundGraph> | undefined;

  return {
    get encodes() {
      return counts.encodes;
    },
    get decodes() {
      return counts.decodes;
    },
    async encode(picture, noise, raw = false) {
      counts.encodes++;
      encoder ??= bindGraph(checkpoint, vae.encoder, ['sample'], ['latent_parameters']);
      const graph = await encoder;
      const parameters = await inTiles(picture, vae.tile, latentTile, (part) =>
        runGraph(graph, 'sample', 'latent_parameters', part),
      );
      return toLatents(parameters, noise, raw);
    },
    async decode(latents) {
      counts.decodes++;
      decoder ??= bindGraph(checkpoint, vae.decoder, ['latent_sample'], ['sample']);
      const graph = await decoder;
      const raw = { ...latents, data: unscale(latents) };
      return inTiles(raw, latentTile, vae.tile, (part) => runGraph(graph, 'latent_sample', 'sample', part));
    },
  };

  function toLatents(parameters: Planes, noise: Float32Array | null, raw: boolean): Planes {
    const { width, height, channels } = parameters;
    const data = new Float32Array(latentChannels * width * height);
    if (channels === latentChannels) data.set(parameters.data);
    else latentsFromParameters(parameters.data, noise, 1, data);
    if (!raw) rescale(data, width * height);
    return { data, channels: latentChannels, width, height };
  }

  /** (z − mean)·scale/std per channel, in place. */
  function rescale(data: Float32Array, plane: number): void {
    for (let i = 0; i < data.length; i++) {
      const c = Math.floor(i / plane);
      data[i] = ((data[i]! - (vae.mean?.[c] ?? 0)) * scale) / (vae.std?.[c] ?? 1);
    }
  }

  function unscale({ data, width, height }: Planes): Float32Array {
    const plane = width * height;
    if (!vae.mean || !vae.std) return data.map((z) => z / scale);
    const { mean, std } = vae;
    return data.map((z, i) => {
      const c = Math.floor(i / plane);
      return (z * std[c]!) / scale + mean[c]!;
    });
  }

  async function inTiles(
    whole: Planes,
    tile: number,
    outTile: number,
    run: (part: Planes) => Promise<Planes>,
  ): Promise<Planes> {
    if (!tiled || (whole.width <= tile && whole.height <= tile)) return run(whole);
    const stride = Math.floor(tile * (1 - OVERLAP));
    const rows: PlanarTile[][] = [];
    for (const y of tileStarts(whole.height, stride)) {
      const row: PlanarTile[] = [];
      for (const x of tileStarts(whole.width, stride)) {
        const part = await run(sliceTile(whole, x, y, tile));
        row.push({ ...part, data: part.data.slice() });
      }
      rows.push(row);
    }
    return blendTiles(rows, Math.floor(outTile * OVERLAP), outTile);
  }
}

async function runGraph(graph: BoundGraph, input: string, output: string, part: Planes): Promise<Planes> {
  const { data, channels, width, height } = part;
  const outputs = await graph.run({ [input]: floatTensor(data, [1, channels, height, width]) });
  const [, c, h, w] = outputs[output]!.dims as [number, number, number, number];
  return { data: floatData(outputs[output], output), channels: c, width: w, height: h };
}
