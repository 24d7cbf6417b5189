import { describe, expect, it } from 'vitest';
import { encodeMessage, WireReader, type WireMessage } from '../../../main/engine/wire.ts';
import type { Tensor } from '../../../main/inference/tensor.ts';

const tensors: Record<string, Tensor> = {
  floats: { type: 'float32', dims: [1, 3], data: Float32Array.of(0.1, -2.5e30, Number.NaN) },
  bytes: { type: 'uint8', dims: [5], data: Uint8Array.of(1, 2, 3, 4, 255) },
  longs: { type: 'int64', dims: [2], data: BigInt64Array.of(-1n, 2n ** 60n) },
  ints: { type: 'int32', dims: [], data: Int32Array.of(-7) },
  flags: { type: 'bool', dims: [2], data: Uint8Array.of(0, 1) },
  nothing: { type: 'float32', dims: [0, 4], data: new Float32Array(0) },
};
const message: WireMessage = { header: { id: 7, text: 'größer ▣' }, tensors };

function joined(...messages: WireMessage[]): Uint8Array {
  return Buffer.concat(messages.flatMap(encodeMessage));
}

function readInPieces(bytes: Uint8Array, size: number): WireMessage[] {
  const received: WireMessage[] = [];
  const reader = new WireReader((m) => received.push(m));
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
  return received;
}

const newReader = () => new WireReader(() => {});

describe('the models wire', () => {
  it.each([1, 3, 7, 64, 1 << 20])('brings every tensor type across in pieces of %i bytes', (size) => {
    const received = readInPieces(joined(message, { header: { id: 8 }, tensors: {} }, message), size);
    expect(received).toHaveLength(3);
    expect(received[0]).toEqual(message);
    expect(received[1]).toEqual({ header: { id: 8 }, tensors: {} });
    expect(received[2]).toEqual(message);
  });

  it('sends views, not whole buffers', () => {
    const data = new Float32Array([1, 2, 3, 4]).subarray(1, 3);
    const [received] = readInPieces(
      joined({ header: {}, tensors: { x: { type: 'float32', dims: [2], data } } }),
      100,
    );
    expect([...(received?.tensors['x']?.data ?? [])]).toEqual([2, 3]);
  });

  it('refuses lengths that cannot be, and headers that are no message', () => {
    expect(() => newReader().push(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toThrow(TypeError);
    const json = Buffer.from('{"tensors":"none"}');
    const prefix = Buffer.alloc(8);
    prefix.writeUInt32LE(json.length, 0);
    expect(() => newReader().push(Buffer.concat([prefix, json]))).toThrow();
  });

  it('refuses a payload that is shorter than its tensors', () => {
    const [head, ...rest] = encodeMessage(message);
    const wrong = Buffer.from(
      Buffer.from(head!).toString('latin1').replace('"dims":[1,3]', '"dims":[9,9]'),
      'latin1',
    );
    expect(() => newReader().push(Buffer.concat([wrong, ...rest]))).toThrow(/ends/);
  });
});
