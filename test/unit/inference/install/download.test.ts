import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CancelledError } from '../../../../main/errors.ts';
import { downloadFile, type DownloadRequest } from '../../../../main/inference/install/download.ts';
import { type FileServer, serveFiles } from '../../../support/file-server.ts';

const content = randomBytes(300_000);
const sha256 = createHash('sha256').update(content).digest('hex');

let folder: string;
let server: FileServer;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'download-test-'));
  server = await serveFiles({ '/model.onnx': { content } });
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const request = (more: Partial<DownloadRequest> = {}): DownloadRequest => ({
  url: `${server.url}/model.onnx`,
  target: join(folder, 'model.onnx'),
  name: 'model.onnx of the pack test',
  bytes: content.length,
  sha256,
  pauseMs: 1,
  ...more,
});
const file = () => server.files.get('/model.onnx')!;
/** A watcher of the progress, with cuts that wait until so much has come. */
function cutsAt(...positions: number[]) {
  const reached = positions.map((at) => ({ at, ...Promise.withResolvers<void>() }));
  const cuts = reached.map(({ at, promise }, i) => ({ after: at - (positions[i - 1] ?? 0), when: promise }));
  const onProgress = (done: number) => {
    for (const { at, resolve } of reached) if (done >= at) resolve();
  };
  return { cuts, onProgress };
}
const leftovers = () => readdirSync(folder);

describe('downloadFile', () => {
  it('brings the file, verified, and tells how far it is', async () => {
    const seen: number[] = [];
    expect(await downloadFile(request({ onProgress: (done) => seen.push(done) }))).toEqual({
      bytes: content.length,
      sha256,
    });
    expect(readFileSync(join(folder, 'model.onnx')).equals(content)).toBe(true);
    expect(seen.at(-1)).toBe(content.length);
    expect(leftovers()).toEqual(['model.onnx']);
  });

  it('goes on where a connection was cut, twice, and asks for no byte again', async () => {
    const { cuts, onProgress } = cutsAt(100_000, 150_000);
    file().cuts = cuts;
    await downloadFile(request({ onProgress }));
    expect(readFileSync(join(folder, 'model.onnx')).equals(content)).toBe(true);
    expect(server.requests.map(({ range }) => range)).toEqual([undefined, 'bytes=100000-', 'bytes=150000-']);
    expect(server.sent()).toBe(content.length);
  });

  it('starts anew where the file at the address is another one now', async () => {
    const { cuts, onProgress } = cutsAt(100_000);
    file().cuts = cuts;
    await expect(downloadFile(request({ tries: 1, onProgress }))).rejects.toMatchObject({
      message: expect.stringMatching(/was cut while model\.onnx .* after 100000 bytes/),
    });
    const other = randomBytes(200_000);
    file().content = other;
    const hash = createHash('sha256').update(other).digest('hex');
    await downloadFile(request({ bytes: other.length, sha256: hash }));
    expect(readFileSync(join(folder, 'model.onnx')).equals(other)).toBe(true);
  });

  it('starts anew where the server cannot say whether it is the same file', async () => {
    const { cuts, onProgress } = cutsAt(100_000);
    Object.assign(file(), { cuts, anonymous: true });
    await downloadFile(request({ onProgress }));
    expect(server.requests.map(({ range }) => range)).toEqual([undefined, undefined]);
    expect(readFileSync(join(folder, 'model.onnx')).equals(content)).toBe(true);
  });

  it('keeps what came when it is cancelled, and goes on with it', async () => {
    const abort = new AbortController();
    file().pause = { after: 120_000, until: new Promise(() => {}) };
    const cancelled = downloadFile(
      request({ signal: abort.signal, onProgress: (done) => void (done >= 120_000 && abort.abort()) }),
    );
    await expect(cancelled).rejects.toThrow(CancelledError);
    expect(statSync(join(folder, 'model.onnx.part')).size).toBe(120_000);
    delete file().pause;
    await downloadFile(request());
    expect(server.requests.at(-1)?.range).toBe('bytes=120000-');
    expect(readFileSync(join(folder, 'model.onnx')).equals(content)).toBe(true);
  });

  it('follows redirects, and believes what the publisher promises of the file before it downloads it', async () => {
    server.files.set('/page/model.onnx', {
      content,
      redirect: { to: '/model.onnx', headers: { 'x-linked-etag': `"${sha256}"`, 'x-linked-size': '300000' } },
    });
    const url = `${server.url}/page/model.onnx`;
    await downloadFile(request({ url }));
    server.files.get('/page/model.onnx')!.redirect = {
      to: '/model.onnx',
      headers: { 'x-linked-etag': `"${'0'.repeat(64)}"` },
    };
    const before = server.sent();
    await expect(downloadFile(request({ url }))).rejects.toThrow(
      /is not the file that Davenport's catalog lists/,
    );
    expect(server.sent()).toBe(before);
  });
});

describe('what goes wrong is one line, and nothing is left behind', () => {
  it('wrong hash', async () => {
    await expect(downloadFile(request({ sha256: '1'.repeat(64) }))).rejects.toMatchObject({
      kind: 'machine',
      message: expect.stringMatching(
        /^model\.onnx of the pack test does not match its hash: [0-9a-f]{12}… came/,
      ),
    });
    expect(leftovers()).toEqual([]);
  });

  it('truncated at the publisher', async () => {
    file().content = content.subarray(0, 1000);
    await expect(downloadFile(request())).rejects.toMatchObject({
      message: expect.stringMatching(/has 1000 bytes in place of 300000/),
    });
    expect(leftovers()).toEqual([]);
  });

  it.each([
    [404, /The publisher no longer has model\.onnx of the pack test \(HTTP 404\)/],
    [403, /without an account \(HTTP 403\)/],
  ])('HTTP %i, asked once', async (status, message) => {
    file().status = status;
    await expect(downloadFile(request())).rejects.toThrow(message);
    expect(server.requests).toHaveLength(1);
    expect(leftovers()).toEqual([]);
  });

  it('a server in trouble is asked again before it is given up', async () => {
    file().status = 503;
    await expect(downloadFile(request({ tries: 3 }))).rejects.toThrow(/cannot be reached .*\(HTTP 503\)/);
    expect(server.requests).toHaveLength(3);
  });

  it('offline', async () => {
    const { url } = server;
    await server.close();
    await expect(downloadFile(request({ url: `${url}/model.onnx`, tries: 2 }))).rejects.toMatchObject({
      kind: 'machine',
      message: expect.stringMatching(
        /^127\.0\.0\.1:\d+ cannot be reached for model\.onnx .*\(ECONNREFUSED\)$/,
      ),
      next: expect.stringMatching(/packs import <folder>/),
    });
    expect(existsSync(join(folder, 'model.onnx'))).toBe(false);
    server = await serveFiles();
  });
});
