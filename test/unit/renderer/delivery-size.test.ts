import { describe, expect, it } from 'vitest';
import { planEnlargement } from '../../../main/pipeline/stages/upscale/target-size.ts';
import { upscaleParams } from '../../../main/pipeline/stages/upscale/params.ts';
import { deliveredSize, printOfHeight, printOfWidth } from '../../../renderer/steps/upscale/size.ts';

const photo = { width: 5760, height: 3840 };

describe('the size that will be delivered', () => {
  it.each([
    { factor: 4 as const },
    { print: { widthCm: 60, heightCm: 40, dpi: 300 } },
    { print: { widthCm: 40, heightCm: 60, dpi: 300 } },
    { print: { widthCm: 60, heightCm: 60, dpi: 240 } },
    { print: { widthCm: 29.7, heightCm: 21, dpi: 150 } },
  ])('is the one the upscale stage makes: %j', (values) => {
    const params = upscaleParams.parse(values);
    expect(deliveredSize(photo, params)).toEqual(planEnlargement(params, photo).target);
  });

  it('keeps the photo’s shape when one side of the print is typed', () => {
    expect(printOfWidth(photo, 60, 300)).toEqual({ widthCm: 60, heightCm: 40, dpi: 300 });
    expect(printOfHeight(photo, 21, 150)).toEqual({ widthCm: 31.5, heightCm: 21, dpi: 150 });
  });
});
