import type { Tensor, TensorType } from '../inference/tensor.ts';
import { z } from 'zod';

/**
 * [Note: The models wire] Between pixels and models runs a local socket. One message is
 *
 *     u32 header bytes, u32 payload bytes (little-endian), header (UTF-8 JSON), payload
 *
 * The header's `tensors` describe the payload: each tensor's raw little-endian samples in order, every one padded to
 * a multiple of 8 bytes, so that the receiver can view them in place. Nothing is encoded as text.
 */
const PREFIX_BYTES = 8;
const ALIGN = 8;
const MAX_HEADER_BYTES = 1 << 20;
const MAX_PAYLOAD_BYTES = 2 ** 31;

const tensorHeader = z.strictObject({
  name: z.string(),
  type: z.enum(['float32', 'int64', 'int32', 'uint8', 'bool']),
  dims: z.array(z.number().int().nonnegative()),
});
const anyHeader = z.looseObject({ tensors: z.array(tensorHeader) });

/** What travels: a JSON object, and tensors by name. */
export interface WireMessage {
  readonly header: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/** The pieces of one message, to be written in order; tensor samples are views, not copies. */
export function encodeMessage({ header, tensors }: WireMessage): Uint8Array[] {
  const described = Object.entries(tensors).map(([name, { type, dims }]) => ({
    name,
    type,
    dims: [...dims],
  }));
  const json = Buffer.from(JSON.stringify({ ...header, tensors: described }));
  const pieces: Uint8Array[] = [];
  let payload = 0;
  for (const { data } of Object.values(tensors)) {
    pieces.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    const padding = padded(data.byteLength) - data.byteLength;
    if (padding > 0) pieces.push(new Uint8Array(padding));
    payload += data.byteLength + padding;
  }
  if (payload > MAX_PAYLOAD_BYTES)
    throw new TypeError(`Expected tensors of at most ${MAX_PAYLOAD_BYTES} bytes but received ${payload}`);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32LE(json.length, 0);
  prefix.writeUInt32LE(payload, 4);
  return [Buffer.concat([prefix, json]), ...pieces];
}

/** Puts messages together from a socket's pieces; each byte is copied once, straight into its tensor's buffer. */
export class WireReader {
  readonly #deliver: (message: WireMessage) => void;
  #prefix = Buffer.alloc(PREFIX_BYTES);
  #header = Buffer.alloc(0);
  #payload = Buffer.alloc(0);
  /** Bytes of the current message received so far. */
  #received = 0;

  constructor(deliver: (message: WireMessage) => void) {
    this.#deliver = deliver;
  }

  /** Takes the next piece; delivers every message it completes. @throws TypeError for bytes that are no message */
  push(piece: Uint8Array): void {
    let at = 0;
    while (at < piece.length) at += this.#take(piece, at);
  }

  #take(piece: Uint8Array, at: number): number {
    const headerEnd = PREFIX_BYTES + this.#header.length;
    const [target, start] =
      this.#received < PREFIX_BYTES
        ? [this.#prefix, 0]
        : this.#received < headerEnd
          ? [this.#header, PREFIX_BYTES]
          : [this.#payload, headerEnd];
    const offset = this.#received - start;
    const count = Math.min(target.length - offset, piece.length - at);
    target.set(piece.subarray(at, at + count), offset);
    this.#received += count;
    if (this.#received === PREFIX_BYTES) this.#allocate();
    if (this.#received === PREFIX_BYTES + this.#header.length + this.#payload.length) this.#finish();
    return count;
  }

  #allocate(): void {
    const header = this.#prefix.readUInt32LE(0);
    const payload = this.#prefix.readUInt32LE(4);
    if (header < 2 || header > MAX_HEADER_BYTES || payload > MAX_PAYLOAD_BYTES) {
      throw new TypeError(`Expected a message but received lengths ${header} and ${payload}`);
    }
    this.#header = Buffer.allocUnsafeSlow(header);
    this.#payload = Buffer.allocUnsafeSlow(payload);
  }

  #finish(): void {
    const header = this.#header;
    const payload = this.#payload;
    this.#header = Buffer.alloc(0);
    this.#payload = Buffer.alloc(0);
    this.#received = 0;
    const { tensors, ...rest } = anyHeader.parse(JSON.parse(header.toString('utf8')));
    this.#deliver({ header: rest, tensors: viewTensors(tensors, payload) });
  }
}

function viewTensors(headers: z.infer<typeof anyHeader>['tensors'], payload: Buffer): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  let offset = 0;
  for (const { name, type, dims } of headers) {
    const length = dims.reduce((product, d) => product * d, 1);
    const bytes = length * bytesPer[type];
    if (offset + bytes > payload.length)
      throw new TypeError(`Expected ${bytes} bytes for ${name} but the message ends`);
    tensors[name] = {
      type,
      dims,
      data: viewSamples(type, payload.buffer as ArrayBuffer, payload.byteOffset + offset, length),
    };
    offset += padded(bytes);
  }
  if (offset !== payload.length)
    throw new TypeError(`Expected ${offset} payload bytes but received ${payload.length}`);
  return tensors;
}

const bytesPer: Readonly<Record<TensorType, number>> = { float32: 4, int64: 8, int32: 4, uint8: 1, bool: 1 };

function viewSamples(type: TensorType, buffer: ArrayBuffer, offset: number, length: number): Tensor['data'] {
  if (type === 'float32') return new Float32Array(buffer, offset, length);
  if (type === 'int64') return new BigInt64Array(buffer, offset, length);
  if (type === 'int32') return new Int32Array(buffer, offset, length);
  return new Uint8Array(buffer, offset, length);
}

function padded(bytes: number): number {
  return Math.ceil(bytes / ALIGN) * ALIGN;
}
