import { describe, expect, it } from 'vitest';
import { answerPicture } from '../../../main/app/picture-requests.ts';
import { Pictures } from '../../../main/app/pictures.ts';
import type { Tiles } from '../../../main/engine/tiles.ts';
import { RequestError } from '../../../main/errors.ts';

const asked: unknown[] = [];
const source = { project: '/p', artifact: null, picture: 'frame' } as const;
const tiles = {
  tile: async (layer: unknown, at: { level: number }) => {
    if (at.level > 3) throw new RequestError('outside', '');
    asked.push([layer, at]);
    return { bytes: Uint8Array.of(1, 2, 3), type: 'image/png' };
  },
  thumbnail: async () => ({ bytes: Uint8Array.of(9), type: 'image/jpeg' }),
} as unknown as Tiles;
const pictures = new Pictures();
const sources = { tiles, pictures, layer: (id: string) => (id === 'known' ? source : undefined) };

function get(path: string, { headers = {}, signal = new AbortController().signal } = {}) {
  const [inner = '', query] = path.split('?');
  return answerPicture(inner, new URLSearchParams(query), { headers: new Headers(headers), signal }, sources);
}

describe('answerPicture', () => {
  it('serves a tile that may be kept for ever', async () => {
    const response = await get('layer/known/2/3_4?tint=00ff7f');
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toContain('immutable');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(Uint8Array.of(1, 2, 3));
    expect(asked.at(-1)).toEqual([source, { level: 2, column: 3, row: 4, tint: '00ff7f' }]);
  });

  it('answers a question about an unchanged tile without making it', async () => {
    const tag = (await get('layer/known/0/0_0')).headers.get('etag')!;
    const count = asked.length;
    expect((await get('layer/known/0/0_0', { headers: { 'if-none-match': tag } })).status).toBe(304);
    expect(asked).toHaveLength(count);
    expect((await get('layer/known/0/0_1', { headers: { 'if-none-match': tag } })).status).toBe(200);
  });

  it.each([
    'layer/unknown/0/0_0',
    'layer/known/9/0_0',
    'layer/known/0/0',
    'layer/known/-1/0_0',
    'layer/../known/0/0_0',
    'layer/known/0/0_0?tint=red',
    'thumb/unknown',
    'picture/unknown',
    'somewhere/else',
    '',
  ])('knows nothing of %j', async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  it('serves small pictures, and those of a run that samples as thumbnails too', async () => {
    const path = pictures.add(null, async () => ({ bytes: Uint8Array.of(7), type: 'image/webp' }));
    expect((await get(path)).headers.get('content-type')).toBe('image/webp');
    expect((await get(path.replace('picture/', 'thumb/'))).status).toBe(200);
    expect((await get('thumb/known')).headers.get('content-type')).toBe('image/jpeg');
  });

  it('ends quietly where nobody waits any more', async () => {
    const gone = new AbortController();
    gone.abort();
    expect((await get('layer/known/9/0_0', { signal: gone.signal })).status).toBe(499);
  });
});
