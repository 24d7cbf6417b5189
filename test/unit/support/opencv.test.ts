import { describe, expect, it } from 'vitest';
import { loadOpenCv, withMats } from '../../support/opencv.ts';

describe('loadOpenCv', () => {
  it('gives the one module to everybody', async () => {
    const [first, second] = await Promise.all([loadOpenCv(), loadOpenCv()]);
    expect(first).toBe(second);
    expect(typeof first.grabCut).toBe('function');
  });
});

describe('withMats', () => {
  it('deletes what was owned, also when the work throws', async () => {
    const cv = await loadOpenCv();
    let deleted = 0;
    const mat = { delete: () => deleted++ };
    expect(withMats(cv, (own) => (own(mat), 7))).toBe(7);
    expect(() =>
      withMats(cv, (own) => {
        own(mat);
        throw new RangeError('no');
      }),
    ).toThrow(RangeError);
    expect(deleted).toBe(2);
  });

  it("turns OpenCV's exceptions into errors that name the cause", async () => {
    const cv = await loadOpenCv();
    expect(() =>
      withMats(cv, (own) => {
        const empty = own(new cv.Mat());
        cv.cvtColor(empty, empty, cv.COLOR_RGBA2RGB, 0);
      }),
    ).toThrow(/OpenCV: .*empty/s);
  });
});
