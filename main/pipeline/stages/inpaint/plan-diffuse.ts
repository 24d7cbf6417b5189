import { RequestError } from '../../../errors.ts';
import { type NodeSpec, pickParams } from '../../graph.ts';
import { type ControlParams, inpaintParams, type InpaintParams } from './params.ts';

const defaults = inpaintParams.parse({});

/**
 * crop (→ controls) → sample → decode (→ detail) → patch. Each node has an artifact of its own: latents stay latents until the one
 * decode, and a changed prompt leaves the crop alone. Below strength 1 the run starts from the clean plate.
 * @throws RequestError where no pack is chosen
 */
export function planDiffuse(inpaint: InpaintParams, plate: NodeSpec): NodeSpec[] {
  if (inpaint.pack === null) {
    throw new RequestError(
      'inpaint.engine=diffuse needs a diffusion pack, and none is chosen',
      'Choose an installed one with --pack ID, or use inpaint.engine=place or remove, which need none',
    );
  }
  const files = [`${inpaint.pack}/`];
  const usesPlate = inpaint.strength < 1;
  const controls = inpaint.controls.filter(({ scale }) => scale > 0);
  const specs = [planCrop(inpaint, files, usesPlate)];
  if (controls.length > 0) specs.push(planControls(inpaint, files, controls));
  specs.push(planSample(inpaint, files, controls), planDecode(inpaint, files));
  if (inpaint.detail > 0) specs.push(planDetail(inpaint, files));
  return [...(usesPlate ? [plate] : []), ...specs, planDiffusePatch(inpaint.detail > 0)];
}

/** What decides the painting besides the crop. */
const sampling = [
  'pack',
  'prompt',
  'negative',
  'product',
  'seed',
  'steps',
  'guidance',
  'imageGuidance',
  'referenceScale',
  'scheduler',
  'controlScale',
  'controlStart',
  'controlEnd',
  'controls',
] as const;

function planCrop(inpaint: InpaintParams, files: readonly string[], usesPlate: boolean): NodeSpec {
  return {
    id: 'inpaint.crop',
    version: 1,
    inputs: {
      mask: 'segment.grow/mask',
      depth: 'depth.floor/control',
      ...(usesPlate ? { plate: 'inpaint.plate/plate' } : {}),
    },
    params: pickParams(inpaint, defaults, ['pack', 'context']),
    files,
    outputs: ['crop', 'picture', 'hole', 'control'],
  };
}

/** One artifact for each, by its kind; their scale, start and end are the sampler's. */
function planControls(
  inpaint: InpaintParams,
  files: readonly string[],
  controls: readonly ControlParams[],
): NodeSpec {
  const picked = pickParams(inpaint, defaults, ['pack']);
  const sources = { controls: controls.map(({ kind, picture }) => ({ kind, picture })) };
  return {
    id: 'inpaint.controls',
    version: 1,
    inputs: { crop: 'inpaint.crop/crop', picture: 'inpaint.crop/picture', hole: 'inpaint.crop/hole' },
    params: { params: { ...picked.params, ...sources }, identity: { ...picked.identity, ...sources } },
    files,
    blobs: controlBlobs(controls),
    outputs: controls.map(({ kind }) => kind),
  };
}

function controlBlobs(controls: readonly ControlParams[]): string[] {
  return controls.flatMap(({ picture }) => picture ?? []);
}

function planSample(
  inpaint: InpaintParams,
  files: readonly string[],
  controls: readonly ControlParams[],
): NodeSpec {
  return {
    id: 'inpaint.sample',
    version: 1,
    inputs: {
      picture: 'inpaint.crop/picture',
      hole: 'inpaint.crop/hole',
      control: 'inpaint.crop/control',
      ...Object.fromEntries(controls.map(({ kind }) => [`control-${kind}`, `inpaint.controls/${kind}`])),
    },
    params: pickParams(inpaint, defaults, [...sampling, 'strength', 'refine']),
    files,
    blobs: inpaint.product ? [inpaint.product] : [],
    outputs: ['latent'],
  };
}

function planDecode(inpaint: InpaintParams, files: readonly string[]): NodeSpec {
  return {
    id: 'inpaint.decode',
    version: 1,
    inputs: { latent: 'inpaint.sample/latent' },
    params: pickParams(inpaint, defaults, ['pack']),
    files,
    outputs: ['decoded'],
  };
}

function planDetail(inpaint: InpaintParams, files: readonly string[]): NodeSpec {
  return {
    id: 'inpaint.detail',
    version: 1,
    inputs: {
      mask: 'segment.grow/mask',
      depth: 'depth.floor/control',
      crop: 'inpaint.crop/crop',
      hole: 'inpaint.crop/hole',
      decoded: 'inpaint.decode/decoded',
    },
    params: pickParams(inpaint, defaults, [...sampling, 'detail']),
    files,
    blobs: [...(inpaint.product ? [inpaint.product] : []), ...controlBlobs(inpaint.controls)],
    outputs: ['detailed'],
  };
}

function planDiffusePatch(detailed: boolean): NodeSpec {
  return {
    id: 'inpaint.patch',
    version: 1,
    inputs: {
      mask: 'segment.grow/mask',
      crop: 'inpaint.crop/crop',
      painted: detailed ? 'inpaint.detail/detailed' : 'inpaint.decode/decoded',
    },
    params: { params: {}, identity: {} },
    outputs: ['patch', 'region'],
  };
}
