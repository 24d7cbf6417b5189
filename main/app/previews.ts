import type { ColorPreview, MaskPreview, RequestOf } from '../../preload/contract.ts';
import { CancelledError } from '../errors.ts';
import { draftColor } from '../pipeline/draft-color.ts';
import { previewMask } from '../pipeline/preview-mask.ts';
import { withStage } from '../pipeline/recipe.ts';
import type { OpenDocument } from './open-document.ts';
import type { Pictures, SmallPicture } from './pictures.ts';

/** Pictures of earlier answers that can still be had: those the window may be about to show. */
const KEPT = 48;

/** Answers the hand while it moves: one question at a time, and of those that wait only the newest. */
class Previews<Request, Answer> {
  readonly #answer: (document: OpenDocument, request: Request) => Promise<Answer>;
  #current: Promise<unknown> | null = null;
  #newest: object | null = null;

  constructor(answer: (document: OpenDocument, request: Request) => Promise<Answer>) {
    this.#answer = answer;
  }

  /** @throws CancelledError where a newer question came while this one waited */
  async ask(document: OpenDocument, request: Request): Promise<Answer> {
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
}

/** Pictures of previews under addresses of their own, the newest few. */
class PreviewPictures {
  readonly #pictures: Pictures;
  readonly #shown: string[] = [];

  constructor(pictures: Pictures) {
    this.#pictures = pictures;
  }

  show(picture: SmallPicture): string {
    const path = this.#pictures.add(null, async () => picture);
    this.#shown.push(path);
    for (const old of this.#shown.splice(0, Math.max(0, this.#shown.length - KEPT))) this.#pictures.drop(old);
    return path;
  }
}

/** Answers hovering and clicks: what they may mean. */
export function maskPreviews(pictures: Pictures): Previews<RequestOf<'mask.preview'>, MaskPreview> {
  const shown = new PreviewPictures(pictures);
  return new Previews(async (document, { edit, clicks, box, withOthers }) => {
    await document.encoded(edit);
    const values = { clicks, box, mask: null, proposal: 'auto' };
    const recipe = withStage(document.recipe, edit, 'segment', values);
    const { chosen, proposals } = await previewMask(document.bench, recipe, edit, withOthers);
    return {
      chosen,
      proposals: proposals.map(({ index, kind, predictedIou, area, png }) => ({
        index,
        kind,
        quality: predictedIou,
        area,
        url: shown.show({ bytes: Buffer.from(png, 'base64'), type: 'image/png' }),
      })),
    };
  });
}

/** Answers sliders of the color stage: how the composite would look. */
export function colorPreviews(pictures: Pictures): Previews<RequestOf<'color.preview'>, ColorPreview | null> {
  const shown = new PreviewPictures(pictures);
  return new Previews(async (document, { edit, values, level }) => {
    document.book.requireEdit(edit);
    const recipe = withStage(document.recipe, edit, 'color', values);
    const draft = await draftColor(document.bench, recipe, edit, level);
    if (!draft) return null;
    return {
      url: shown.show({ bytes: Buffer.from(draft.bytes, 'base64'), type: draft.type }),
      rect: draft.rect,
    };
  });
}
