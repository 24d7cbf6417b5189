import type { MaskPreview, RequestOf } from '../../preload/contract.ts';
import { CancelledError } from '../errors.ts';
import { previewMask } from '../pipeline/preview-mask.ts';
import { withStage } from '../pipeline/recipe.ts';
import type { OpenDocument } from './open-document.ts';
import type { Pictures } from './pictures.ts';

type Request = RequestOf<'mask.preview'>;

/** Pictures of earlier answers that can still be had: those the window may be about to show. */
const KEPT = 48;

/** Answers hovering: one question at a time, and of those that wait only the newest. */
export class MaskPreviews {
  readonly #pictures: Pictures;
  readonly #shown: string[] = [];
  #current: Promise<unknown> | null = null;
  #newest: object | null = null;

  constructor(pictures: Pictures) {
    this.#pictures = pictures;
  }

  /** @throws CancelledError where a newer question came while this one waited */
  async ask(document: OpenDocument, request: Request): Promise<MaskPreview> {
    const turn = {};
    this.#newest = turn;
    while (this.#current) await this.#current.catch(() => undefined);
    if (this.#newest !== turn) throw new CancelledError('A newer preview was asked for');
    const answering = this.#answer(document, request);
    this.#current = answering;
    try {
      return await answering;
    } finally {
      this.#current = null;
    }
  }

  async #answer(document: OpenDocument, { edit, clicks, box }: Request): Promise<MaskPreview> {
    await document.encoded(edit);
    const values = { clicks, box, mask: null, proposal: 'auto' };
    const recipe = withStage(document.recipe, edit, 'segment', values);
    const { chosen, proposals } = await previewMask(document.bench, recipe, edit);
    return {
      chosen,
      proposals: proposals.map(({ index, kind, predictedIou, area, png }) => ({
        index,
        kind,
        quality: predictedIou,
        area,
        url: this.#show(Buffer.from(png, 'base64')),
      })),
    };
  }

  #show(bytes: Uint8Array): string {
    const path = this.#pictures.add(null, async () => ({ bytes, type: 'image/png' }));
    this.#shown.push(path);
    for (const old of this.#shown.splice(0, Math.max(0, this.#shown.length - KEPT))) this.#pictures.drop(old);
    return path;
  }
}
