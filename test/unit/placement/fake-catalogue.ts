import { linearToSrgb } from '../../../main/imaging/color/transfer.ts';
import { sharp } from '../../../main/imaging/vips.ts';
import { loadCatalogue, type Piece, type PieceFiles } from '../../../main/placement/catalogue.ts';
import { cameraCentre, project, type PiecePoint, unproject } from '../../../main/placement/projection.ts';

/** A box of a fake piece: lower and upper corner, metres of piece space. */
interface Block {
  readonly low: PiecePoint;
  readonly high: PiecePoint;
  readonly cloth: boolean;
}

/** A seat of width, depth and height, with a back and four legs. */
function blocksOf(w: number, d: number, h: number): Block[] {
  const legs = [-1, 1].flatMap((sx) =>
    [-1, 1].map((sy): Block => {
      const [x, y] = [sx * (w / 2 - 0.06), sy * (d / 2 - 0.06)];
      return { low: [x - 0.03, y - 0.03, 0], high: [x + 0.03, y + 0.03, 0.15], cloth: false };
    }),
  );
  return [
    ...legs,
    { low: [-w / 2, -d / 2, 0.15], high: [w / 2, d / 2, 0.45], cloth: true },
    { low: [-w / 2, d / 2 - 0.2, 0.45], high: [w / 2, d / 2, h], cloth: true },
  ];
}

export const LEG_COLOR = [0.25, 0.12, 0.05] as const;
export const CLOTH_ALBEDO = 0.5;
export const DIFFUSE_SCALE = 1.25;
export const GLOSS_SCALE = 0.2;
const LONG = 180;

/** A camera like the catalogue's: orbiting, aimed at a point 0.38 m up, the piece filling the picture. */
export function fakeProjection(yaw: number, pitch: number, corners: readonly PiecePoint[], distance = 3) {
  const [a, b] = [(yaw * Math.PI) / 180, (pitch * Math.PI) / 180];
  const eye = [
    distance * Math.sin(a) * Math.cos(b),
    -distance * Math.cos(a) * Math.cos(b),
    0.38 + distance * Math.sin(b),
  ];
  const forward = [-eye[0]! / distance, -eye[1]! / distance, (0.38 - eye[2]!) / distance];
  const right = [Math.cos(a), Math.sin(a), 0];
  const down = [
    forward[1]! * right[2]! - forward[2]! * right[1]!,
    forward[2]! * right[0]! - forward[0]! * right[2]!,
    forward[0]! * right[1]! - forward[1]! * right[0]!,
  ];
  const row = (axis: readonly number[]) => [...axis, -axis.reduce((s, v, i) => s + v * eye[i]!, 0)];
  const unit = [...row(right), ...row(down), ...row(forward)];
  const seen = corners.map((c) => project(unit, c)!);
  const [x0, x1] = [Math.min(...seen.map((p) => p.x)), Math.max(...seen.map((p) => p.x))];
  const [y0, y1] = [Math.min(...seen.map((p) => p.y)), Math.max(...seen.map((p) => p.y))];
  const focal = (LONG - 8) / Math.max(x1 - x0, y1 - y0);
  const [cx, cy] = [4 - x0 * focal, 4 - y0 * focal];
  const mix = (axis: number, c: number) =>
    [0, 1, 2, 3].map((i) => focal * unit[axis * 4 + i]! + c * unit[8 + i]!);
  return {
    projection: [...mix(0, cx), ...mix(1, cy), ...unit.slice(8)],
    width: Math.ceil((x1 - x0) * focal + 8),
    height: Math.ceil((y1 - y0) * focal + 8),
  };
}

/** The first block a ray from `eye` through `point` meets, with the share of upward light there; null for none. */
function hit(blocks: readonly Block[], eye: PiecePoint, point: PiecePoint) {
  const direction = [0, 1, 2].map((i) => point[i]! - eye[i]!);
  let best: { t: number; block: Block; light: number } | null = null;
  for (const block of blocks) {
    let [enter, leave, axis] = [-Infinity, Infinity, 0];
    for (let i = 0; i < 3; i++) {
      const a = (block.low[i]! - eye[i]!) / direction[i]!;
      const b = (block.high[i]! - eye[i]!) / direction[i]!;
      if (Math.min(a, b) > enter) [enter, axis] = [Math.min(a, b), i];
      leave = Math.min(leave, Math.max(a, b));
    }
    if (enter > leave || enter <= 0 || (best && best.t <= enter)) continue;
    best = { t: enter, block, light: axis === 2 ? 1 : 0.6 };
  }
  return best;
}

const code = (v: number) => Math.round(255 * linearToSrgb(Math.min(1, v)));

async function renderView(
  blocks: readonly Block[],
  corners: readonly PiecePoint[],
  yaw: number,
  pitch: number,
) {
  const { projection, width, height } = fakeProjection(yaw, pitch, corners);
  const eye = cameraCentre(projection);
  const planes = ['albedo', 'diffuse', 'gloss', 'matte'].map(() => new Uint8Array(width * height * 3));
  const [near, far] = [1.5, 4.5];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i += 3) {
      const found = hit(blocks, eye, unproject(projection, x + 0.5, y + 0.5, 1));
      if (!found) continue;
      // Stripes, so that the cloth has a texture of its own.
      const cloth = CLOTH_ALBEDO * (x % 8 < 4 ? 1.1 : 0.9);
      for (let c = 0; c < 3; c++) {
        planes[0]![i + c] = code(found.block.cloth ? cloth : LEG_COLOR[c]!);
        planes[1]![i + c] = code(found.light / DIFFUSE_SCALE);
        planes[2]![i + c] = code(0.01 / GLOSS_SCALE);
      }
      planes[3]!.set([255, found.block.cloth ? 255 : 0, 255 * (1 - (found.t - near) / (far - near))], i);
    }
  }
  const id = `y${String(yaw).padStart(2, '0')}-p${String(pitch).padStart(2, '0')}`;
  const files = {
    albedo: `albedo_${id}.webp`,
    diffuse: `diffuse_${id}.webp`,
    gloss: `gloss_${id}.webp`,
    matte: `matte_${id}.webp`,
  };
  const bytes = await Promise.all(
    planes.map((data) =>
      sharp(data, { raw: { width, height, channels: 3 } })
        .webp({ lossless: true })
        .toBuffer(),
    ),
  );
  const view = {
    id,
    yaw,
    pitch,
    width,
    height,
    projection,
    near,
    far,
    diffuseScale: DIFFUSE_SCALE,
    glossScale: GLOSS_SCALE,
    files,
  };
  return { view, files: Object.values(files).map((name, k) => [name, bytes[k]!] as const) };
}

async function renderPiece(card: Omit<Piece, 'views' | 'folder' | 'floorShadow'>) {
  const { width: w, depth: d, height: h } = card.size;
  const blocks = blocksOf(w, d, h);
  const corners = [-w / 2, w / 2].flatMap((x) =>
    [-d / 2, d / 2].flatMap((y) => [0, h].map((z): PiecePoint => [x, y, z])),
  );
  const files = new Map<string, Uint8Array>();
  const views = [];
  for (const pitch of [8, 20]) {
    for (const yaw of [0, 30, 60]) {
      const rendered = await renderView(blocks, corners, yaw, pitch);
      views.push(rendered.view);
      for (const [name, bytes] of rendered.files) files.set(name, bytes);
    }
  }
  const metresPerPixel = 0.02;
  const [sw, sh] = [Math.ceil((w + 0.8) / metresPerPixel), Math.ceil((d + 0.8) / metresPerPixel)];
  const shadow = new Uint8Array(sw * sh);
  for (let y = 0; y < sh; y++) {
    for (let x = 0; x < sw; x++) {
      const px = Math.abs(x + 0.5 - sw / 2) * metresPerPixel;
      const py = Math.abs(y + 0.5 - sh / 2) * metresPerPixel;
      shadow[y * sw + x] = px < w / 2 && py < d / 2 ? 200 : px < w / 2 + 0.2 && py < d / 2 + 0.2 ? 40 : 0;
    }
  }
  files.set(
    'shadow.webp',
    await sharp(shadow, { raw: { width: sw, height: sh, channels: 1 } })
      .webp({ lossless: true })
      .toBuffer(),
  );
  const floorShadow = { file: 'shadow.webp', metresPerPixel, origin: [sw / 2, sh / 2] };
  files.set('piece.json', new TextEncoder().encode(JSON.stringify({ ...card, floorShadow, views })));
  return files;
}

/** A catalogue of two box-shaped pieces, in memory, in the format of the starter pack's. */
export async function fakeCatalogue(): Promise<{
  readonly files: PieceFiles;
  readonly pieces: readonly Piece[];
}> {
  const common = {
    style: ['modern'],
    defaultColor: '#355a55',
    defaultMaterial: 'linen',
    upholsteryAlbedo: CLOTH_ALBEDO,
  };
  const cards = [
    {
      ...common,
      id: 'block-chair',
      name: 'Block chair',
      kind: 'armchair' as const,
      seats: 1,
      size: { width: 0.8, depth: 0.8, height: 0.8 },
    },
    {
      ...common,
      id: 'block-sofa',
      name: 'Block sofa',
      kind: 'sofa' as const,
      seats: 3,
      size: { width: 2, depth: 0.9, height: 0.8 },
    },
  ];
  const all = new Map<string, Uint8Array>();
  for (const card of cards) {
    for (const [name, bytes] of await renderPiece(card)) all.set(`catalogue/${card.id}/${name}`, bytes);
  }
  const files: PieceFiles = {
    async read(file) {
      const bytes = all.get(file);
      if (!bytes) throw new TypeError(`Expected a file of the fake catalogue but received ${file}`);
      return bytes;
    },
    list: (prefix) => [...all.keys()].filter((name) => name.startsWith(prefix)),
  };
  return { files, pieces: await loadCatalogue(files) };
}
