import type { TensorType } from '../tensor.ts';
import type { AdapterKind } from './schema.ts';

/** One tensor of a published graph. */
export interface TensorRole {
  /** Names it goes by, the commonest first. */
  readonly names: readonly string[];
  readonly type: TensorType;
  /** Its shape; -1 where graphs may differ. A graph that fixes another number does not fit. */
  readonly dims: readonly number[];
  /** Graphs may do without it. */
  readonly optional?: boolean;
}

/** What a graph takes and gives, by the part each tensor plays, in the published order. */
export interface GraphRoles {
  readonly inputs: Readonly<Record<string, TensorRole>>;
  readonly outputs: Readonly<Record<string, TensorRole>>;
}

const float = (names: readonly string[], dims: readonly number[], optional = false): TensorRole => ({
  names,
  type: 'float32',
  dims,
  ...(optional ? { optional } : {}),
});
const ints = (names: readonly string[], dims: readonly number[]): TensorRole => ({
  names,
  type: 'int64',
  dims,
});
const bytes = (names: readonly string[], dims: readonly number[]): TensorRole => ({
  names,
  type: 'uint8',
  dims,
});

const picture = [-1, 3, -1, -1];
const planes = [-1, -1, -1, -1];

/** [B,3,1024,1024], normalised → what the decoder needs of the picture. */
const pixelValues = { image: float(['pixel_values'], picture) };

const sam2Embeddings = {
  fine: float(['image_embeddings.0'], planes),
  middle: float(['image_embeddings.1'], planes),
  coarse: float(['image_embeddings.2'], planes),
};

/** Prompts as transformers' exports take them: [B,P,N,2] in net pixels, [B,P,N] with 1 include, 0 exclude, −10 none. */
const prompts = {
  points: float(['input_points'], [-1, -1, -1, 2]),
  labels: ints(['input_labels'], [-1, -1, -1]),
  boxes: float(['input_boxes'], [-1, -1, 4], true),
};
const proposals = {
  scores: float(['iou_scores'], [-1, -1, -1]),
  masks: float(['pred_masks'], [-1, -1, -1, -1, -1]),
};

/**
 * The graphs of every kind of pack, by the name their models have in pack.json. Read from the published exports:
 * transformers.js' SAM, SAM 2.1, Depth Anything V2 and Swin2SR, Acly's MobileSAM, Real-ESRGAN as exported by many,
 * andraniksargsyan's MI-GAN pipeline, Carve's LaMa, julienkay's TAESD.
 */
export const adapterGraphs: Readonly<Record<AdapterKind, Readonly<Record<string, GraphRoles>>>> = {
  sam: {
    encoder: {
      inputs: pixelValues,
      outputs: {
        image: float(['image_embeddings'], planes),
        positions: float(['image_positional_embeddings'], planes),
      },
    },
    decoder: {
      inputs: {
        ...prompts,
        image: float(['image_embeddings'], planes),
        positions: float(['image_positional_embeddings'], planes),
      },
      outputs: proposals,
    },
  },
  'mobile-sam': {
    encoder: {
      inputs: { image: float(['input_image', 'images', 'image'], [-1, -1, 3]) },
      outputs: { image: float(['image_embeddings'], planes) },
    },
    decoder: {
      inputs: {
        image: float(['image_embeddings'], planes),
        points: float(['point_coords'], [-1, -1, 2]),
        labels: float(['point_labels'], [-1, -1]),
        earlier: float(['mask_input'], [-1, 1, -1, -1]),
        hasEarlier: float(['has_mask_input'], [-1]),
        size: float(['orig_im_size'], [2]),
      },
      outputs: {
        full: float(['masks'], planes, true),
        scores: float(['iou_predictions'], [-1, -1]),
        masks: float(['low_res_masks'], planes),
      },
    },
  },
  sam2: {
    encoder: { inputs: pixelValues, outputs: sam2Embeddings },
    decoder: {
      inputs: { ...prompts, ...sam2Embeddings },
      outputs: { ...proposals, present: float(['object_score_logits'], [-1, -1, -1], true) },
    },
  },
  'depth-anything': {
    depth: {
      inputs: pixelValues,
      outputs: { depth: float(['predicted_depth'], [-1, -1, -1]) },
    },
  },
  'super-resolution': {
    upscale: {
      inputs: { image: float(['pixel_values', 'input', 'image', 'lr', 'x'], picture) },
      outputs: { image: float(['reconstruction', 'output', 'upscaled_image', 'sr', 'y'], picture) },
    },
  },
  migan: {
    fill: {
      inputs: { image: bytes(['image'], picture), mask: bytes(['mask'], [-1, 1, -1, -1]) },
      outputs: { result: bytes(['result', 'output'], picture) },
    },
  },
  lama: {
    fill: {
      inputs: { image: float(['image'], picture), mask: float(['mask'], [-1, 1, -1, -1]) },
      outputs: { result: float(['output', 'result'], picture) },
    },
  },
  taesd: {
    decoder: {
      inputs: { latents: float(['latent_sample', 'latents', 'latent'], [-1, 4, -1, -1]) },
      outputs: { image: float(['sample', 'image', 'output'], picture) },
    },
  },
};

/** The stage that a kind of pack serves. */
export const stageOfKind: Readonly<Record<AdapterKind, 'segment' | 'depth' | 'inpaint' | 'upscale'>> = {
  sam: 'segment',
  'mobile-sam': 'segment',
  sam2: 'segment',
  'depth-anything': 'depth',
  'super-resolution': 'upscale',
  migan: 'inpaint',
  lama: 'inpaint',
  taesd: 'inpaint',
};
