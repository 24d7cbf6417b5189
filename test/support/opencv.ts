import { createRequire } from 'node:module';
import type * as OpenCvModule from '@techstark/opencv-js';

/** The OpenCV 5 module as its package declares it. */
export type OpenCv = typeof OpenCvModule;

/** Anything of OpenCV that lives in WASM memory and must be deleted by hand. */
export interface Deletable {
  delete(): void;
}

let loading: Promise<OpenCv> | undefined;

/**
 * OpenCV compiled to WASM, loaded when first asked for (0.6 s, 13 MB) and once per process; a failed load is tried
 * again at the next call. The package is CommonJS that exports the promise of its module, hence `require`.
 */
export function loadOpenCv(): Promise<OpenCv> {
  loading ??= Promise.resolve(
    createRequire(import.meta.url)('@techstark/opencv-js') as PromiseLike<OpenCv>,
  ).catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

/**
 * Runs `work` and deletes, whatever happens, every Mat that it passed through `own`. C++ exceptions, which arrive as
 * bare numbers, are thrown on as Errors with OpenCV's own message.
 */
export function withMats<T>(cv: OpenCv, work: (own: <M extends Deletable>(mat: M) => M) => T): T {
  const owned: Deletable[] = [];
  try {
    return work((mat) => {
      owned.push(mat);
      return mat;
    });
  } catch (error) {
    throw toError(cv, error);
  } finally {
    for (const mat of owned) mat.delete();
  }
}

function toError(cv: OpenCv, error: unknown): unknown {
  const pointer = typeof error === 'number' ? error : (error as { excPtr?: unknown } | null)?.excPtr;
  if (typeof pointer !== 'number') return error;
  const { exceptionFromPtr } = cv as unknown as { exceptionFromPtr(pointer: number): { msg: string } };
  return new Error(`OpenCV: ${exceptionFromPtr(pointer).msg}`, { cause: error });
}
