import { describe, expect, it } from 'vitest';
import { RequestError } from '../../../main/errors.ts';
import { sharp } from '../../../main/imaging/vips.ts';
import { loadProduct } from '../../../main/placement/product.ts';

const circle = (fill: string, background: string) =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="120" height="100">${background}<circle cx="70" cy="50" r="30" fill="${fill}"/></svg>`,
  );
const png = (svg: Buffer) => sharp(svg).png().toBuffer();

describe('loadProduct', () => {
  it('uses the picture’s own transparency and trims it', async () => {
    const cut = await loadProduct(await png(circle('#a03020', '')));
    expect([cut.width, cut.height]).toEqual([60, 60]);
    const middle = (30 * 60 + 30) * 4;
    expect(cut.data[middle + 3]).toBe(1);
    expect(cut.data[3]).toBeLessThan(0.1);
    expect(cut.data[middle]!).toBeGreaterThan(cut.data[middle + 1]! * 3);
  });

  it('cuts a product off white, without a white rim', async () => {
    const cut = await loadProduct(
      await png(circle('#203060', '<rect width="120" height="100" fill="white"/>')),
    );
    expect(Math.abs(cut.width - 60)).toBeLessThanOrEqual(2);
    let rim = 0;
    for (let i = 0; i < cut.data.length; i += 4) {
      const alpha = cut.data[i + 3]!;
      // Premultiplied light never exceeds what the blue itself has, by much.
      if (alpha > 0.1 && cut.data[i]! > 0.25 * alpha) rim++;
    }
    expect(rim).toBeLessThan(cut.width * 1.5);
    expect(cut.data[(30 * cut.width + 30) * 4 + 3]).toBe(1);
  });

  it('keeps white inside the product', async () => {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="120" height="100"><rect width="120" height="100" fill="white"/><rect x="20" y="20" width="80" height="60" fill="#402010"/><rect x="50" y="40" width="20" height="20" fill="white"/></svg>`;
    const cut = await loadProduct(await png(Buffer.from(svg)));
    expect(cut.data[(30 * cut.width + 40) * 4 + 3]).toBe(1);
  });

  it('refuses what it cannot cut out or read', async () => {
    const busy = `<svg xmlns="http://www.w3.org/2000/svg" width="120" height="100"><rect width="60" height="100" fill="#aa3"/><rect x="60" width="60" height="100" fill="#33a"/></svg>`;
    await expect(loadProduct(await png(Buffer.from(busy)))).rejects.toThrow(RequestError);
    await expect(loadProduct(new Uint8Array([1, 2, 3]))).rejects.toThrow(/cannot be read/);
    const empty = await sharp({ create: { width: 20, height: 20, channels: 4, background: '#0000' } })
      .png()
      .toBuffer();
    await expect(loadProduct(empty)).rejects.toThrow(/empty/);
  });
});
