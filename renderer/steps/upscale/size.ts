import type { PrintSize, UpscaleParams } from '../../../main/pipeline/stages/upscale/params.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A print whose sides fit the photo's this well gets exactly its own pixels, as the upscale stage does it. */
const ASPECT_TOLERANCE = 0.005;

/** Pixels of the delivered frame: by the factor, or the largest of the photo's shape that fits the print. */
export function deliveredSize(photo: Size, { factor, print }: Pick<UpscaleParams, 'factor' | 'print'>): Size {
  if (!print) return { width: photo.width * factor, height: photo.height * factor };
  const { paper, across, down } = fitPrint(photo, print);
  if (Math.abs(across / down - 1) <= ASPECT_TOLERANCE) return roundSize(paper.width, paper.height);
  const scale = Math.min(across, down);
  return roundSize(photo.width * scale, photo.height * scale);
}

/** Times the photo's size that a print needs. */
export function printScale(photo: Size, print: PrintSize): number {
  const { across, down } = fitPrint(photo, print);
  return Math.min(across, down);
}

/** The paper in pixels, turned to the photo's orientation, and how much larger than the photo its sides are. */
function fitPrint({ width, height }: Size, { widthCm, heightCm, dpi }: PrintSize) {
  const turned = widthCm >= heightCm !== width >= height;
  const paper = {
    width: ((turned ? heightCm : widthCm) / 2.54) * dpi,
    height: ((turned ? widthCm : heightCm) / 2.54) * dpi,
  };
  return { paper, across: paper.width / width, down: paper.height / height };
}

function roundSize(width: number, height: number): Size {
  return { width: Math.max(1, Math.round(width)), height: Math.max(1, Math.round(height)) };
}

/** The print of the photo's own shape for one of its sides. */
export function printOfWidth(photo: Size, widthCm: number, dpi: number): PrintSize {
  return { widthCm, heightCm: tenth((widthCm * photo.height) / photo.width), dpi };
}

export function printOfHeight(photo: Size, heightCm: number, dpi: number): PrintSize {
  return { widthCm: tenth((heightCm * photo.width) / photo.height), heightCm, dpi };
}

const tenth = (cm: number) => Math.max(0.1, Math.round(cm * 10) / 10);
