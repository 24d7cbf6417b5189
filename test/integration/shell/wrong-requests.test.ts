import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { crc32, deflateSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import sharp from 'sharp';
import { createProject } from '../../../main/store/project.ts';
import { davenport, useTemporaryFolder } from '../../support/shell.ts';

const folder = useTemporaryFolder();
const asks = ['--click', '40,30', '--prompt', 'a green velvet sofa'];

beforeEach(async () => {
  const pixels = {
    create: { width: 96, height: 64, channels: 3, background: { r: 120, g: 110, b: 100 } },
  } as const;
  await sharp(pixels).jpeg().toFile(folder.file('photo.jpg'));
});

/** Expects exit code 2, one line on standard error that matches, nothing printed, and nothing new in the folder. */
async function refuses(args: readonly string[], message: RegExp): Promise<void> {
  const before = readdirSync(folder.path).sort();
  const result = await davenport(args, { cwd: folder.path });
  expect(result.stderr).toMatch(message);
  expect(result.stderr.trim().split('\n')).toHaveLength(1);
  expect(result.stdout).toBe('');
  expect(result.code).toBe(2);
  expect(readdirSync(folder.path).sort()).toEqual(before);
}

describe('a wrong photo', () => {
  it('that is not there', () => refuses(['run', 'missing.jpg', ...asks], /no file missing\.jpg/));

  it('that is a folder', async () => {
    await mkdir(folder.file('folder.jpg'));
    await refuses(['run', 'folder.jpg', ...asks], /folder/);
  });

  it('that is text', async () => {
    await writeFile(folder.file('text.jpg'), 'This is not a picture.');
    await refuses(['run', 'text.jpg', ...asks], /text\.jpg/);
  });

  it('that is empty', async () => {
    await writeFile(folder.file('empty.jpg'), '');
    await refuses(['run', 'empty.jpg', ...asks], /empty/);
  });

  it.each(['jpg', 'tif', 'png'])('that is cut off (%s)', async (ending) => {
    const path = folder.file(`cut.${ending}`);
    const noise = {
      create: { width: 400, height: 300, channels: 3, noise: { type: 'gaussian', mean: 128, sigma: 40 } },
    } as const;
    await sharp(noise as never).toFile(path);
    await truncate(path, Math.floor((await readFile(path)).length * 0.6));
    await refuses(['run', `cut.${ending}`, ...asks], /truncated|cut off/i);
  });

  it('that would unpack to 30,000 × 30,000 pixels', async () => {
    await writeFile(folder.file('bomb.png'), pngHeader(30_000, 30_000));
    await refuses(['run', 'bomb.png', ...asks], /30[,.]?000/);
  });
});

describe('a wrong request', () => {
  it('with a click outside the photo', () =>
    refuses(['run', 'photo.jpg', '--click', '96,10', '--prompt', 'sofa'], /outside the photo/));
  it('with a negative click', () =>
    refuses(['run', 'photo.jpg', '--click', '-5,10', '--prompt', 'sofa'], /outside the photo/));
  it('without a click', () => refuses(['run', 'photo.jpg', '--prompt', 'sofa'], /which object/));
  it('without a prompt', () => refuses(['run', 'photo.jpg', '--click', '40,30'], /prompt/));
  it('with a click that is no pair of numbers', () =>
    refuses(['run', 'photo.jpg', '--click', 'there', '--prompt', 'sofa'], /--click/));
  it('with an unknown parameter', () =>
    refuses(['run', 'photo.jpg', ...asks, '--set', 'color.strenght=1'], /color\.strenght/));
  it('with an unknown flag', () => refuses(['run', 'photo.jpg', ...asks, '--colour', 'red'], /--colour/));
  it('with an unknown pack', () => refuses(['run', 'photo.jpg', ...asks, '--pack', 'dreams'], /dreams/));
  it('with a value of the wrong type', () =>
    refuses(['run', 'photo.jpg', ...asks, '--set', 'color.strength=strong'], /color\.strength/));
  it('with a factor that does not exist', () =>
    refuses(['run', 'photo.jpg', ...asks, '--factor', '3'], /factor/));
  it('with an unknown stage', () => refuses(['run', 'photo.jpg', ...asks, '--until', 'polish'], /polish/));
  it('with an out file that would overwrite the photo', () =>
    refuses(['run', 'photo.jpg', ...asks, '--out', './photo.jpg'], /overwrite/));
  it('with an out file of no known format', () =>
    refuses(['run', 'photo.jpg', ...asks, '--out', 'a.gif'], /ending/));

  it('with an empty mask', async () => {
    await sharp({ create: { width: 96, height: 64, channels: 3, background: 'black' } })
      .png()
      .toFile(folder.file('mask.png'));
    const result = await davenport(
      ['run', 'photo.jpg', '--mask', 'mask.png', '--prompt', 'sofa', '--project', 'p.davenport'],
      { cwd: folder.path },
    );
    expect(result.stderr).toMatch(/mask/i);
    expect(result.code).toBe(2);
    expect(existsSync(folder.file('photo-edited.jpg'))).toBe(false);
  });
});

describe('a wrong project', () => {
  it('that another program made', async () => {
    await writeFile(folder.file('p.davenport'), 'SQLite format 3? No.'.repeat(100));
    await refuses(['edit', 'p.davenport', '--seed', '2'], /not a Davenport project/);
  });

  it('that is damaged', async () => {
    const path = folder.file('p.davenport');
    createProject(path).close();
    await truncate(path, 9000);
    await refuses(['edit', 'p.davenport', '--seed', '2'], /damaged/);
  });

  it('that a newer Davenport made', async () => {
    const path = folder.file('p.davenport');
    createProject(path).close();
    const bytes = await readFile(path);
    bytes.writeUInt32BE(99, 60); // user_version, see the SQLite file format, offset 60
    await writeFile(path, bytes);
    await refuses(['edit', 'p.davenport', '--seed', '2'], /newer Davenport/);
  });

  it('that holds another photo', async () => {
    const other = await sharp({ create: { width: 50, height: 50, channels: 3, background: 'red' } })
      .jpeg()
      .toBuffer();
    const project = createProject(folder.file('p.davenport'));
    project.importSource(other, 'other.jpg', createHash('sha256').update(other).digest('hex'), 'image/jpeg');
    project.close();
    await refuses(['run', 'photo.jpg', ...asks, '--project', 'p.davenport'], /another photo/);
  });

  it('in a folder that is read-only', async () => {
    const readOnly = folder.file('locked');
    await mkdir(readOnly);
    await chmod(readOnly, 0o555);
    await chmod(folder.path, 0o755);
    const asNobody = process.getuid?.() === 0 ? { uid: 65534 } : {};
    const result = await davenport(['run', folder.file('photo.jpg'), ...asks], {
      cwd: readOnly,
      ...asNobody,
    });
    expect(result.stderr).toMatch(/read-only/);
    expect(result.code).toBe(2);
    expect(readdirSync(readOnly)).toEqual([]);
  });
});

it('gives the same error as one JSON document', async () => {
  const result = await davenport(['run', 'missing.jpg', ...asks, '--json'], { cwd: folder.path });
  expect(JSON.parse(result.stdout)).toEqual({
    error: { kind: 'request', message: expect.stringMatching(/missing\.jpg/), next: expect.any(String) },
  });
  expect(result.stderr).toBe('');
  expect(result.code).toBe(2);
});

/** A PNG that says it is large and holds next to nothing. */
function pngHeader(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1000))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
