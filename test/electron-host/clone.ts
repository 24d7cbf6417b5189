/**
 * Values as Electron's structured cloning lets them cross, in JSON. This file runs in the host and, its text
 * alone, in the page: it imports nothing and uses nothing that only one side has.
 */

/** How one side writes bytes in base64. */
export interface Base64 {
  encode(bytes: Uint8Array<ArrayBuffer>): string;
  decode(text: string): Uint8Array<ArrayBuffer>;
}

export interface CloneCodec {
  /** @throws Error `An object could not be cloned.` where Electron would */
  encode(value: unknown): unknown;
  decode(json: unknown): unknown;
}

export function createCloneCodec(base64: Base64): CloneCodec {
  const open = new Set<object>();

  const refuse = (): never => {
    throw new Error('An object could not be cloned.');
  };

  const encodeObject = (value: object): unknown => {
    if (value instanceof Date) return { $: 'date', v: value.getTime() };
    if (value instanceof RegExp) return { $: 'regexp', v: [value.source, value.flags] };
    if (value instanceof Map) return { $: 'map', v: encode([...value]) };
    if (value instanceof Set) return { $: 'set', v: encode([...value]) };
    if (value instanceof Error) return { $: 'error', v: [value.name, value.message, value.stack ?? ''] };
    if (value instanceof ArrayBuffer)
      return { $: 'bytes', t: 'ArrayBuffer', v: base64.encode(new Uint8Array(value)) };
    if (ArrayBuffer.isView(value)) {
      const bytes = new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength);
      const tag = Object.prototype.toString.call(value).slice(8, -1);
      return { $: 'bytes', t: tag, v: base64.encode(bytes) };
    }
    if (Array.isArray(value)) return value.map(encode);
    if (Object.prototype.toString.call(value) !== '[object Object]') refuse();
    return { $: 'object', v: Object.fromEntries(Object.entries(value).map(([key, v]) => [key, encode(v)])) };
  };

  const encode = (value: unknown): unknown => {
    if (typeof value === 'function' || typeof value === 'symbol') return refuse();
    if (value === undefined) return { $: 'undefined' };
    if (typeof value === 'bigint') return { $: 'bigint', v: String(value) };
    if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)))
      return { $: 'number', v: Object.is(value, -0) ? '-0' : String(value) };
    if (value === null || typeof value !== 'object') return value;
    if (open.has(value)) throw new Error('The development host cannot send an object that contains itself');
    open.add(value);
    try {
      return encodeObject(value);
    } finally {
      open.delete(value);
    }
  };

  const decodeBytes = (type: string, text: string): unknown => {
    const { buffer } = base64.decode(text);
    if (type === 'ArrayBuffer') return buffer;
    const View = (globalThis as unknown as Record<string, new (from: ArrayBuffer) => unknown>)[type];
    return View ? new View(buffer) : refuse();
  };

  const decode = (json: unknown): unknown => {
    if (json === null || typeof json !== 'object') return json;
    if (Array.isArray(json)) return json.map(decode);
    const { $: kind, t = '', v } = json as { $: string; t?: string; v?: unknown };
    switch (kind) {
      case 'undefined':
        return undefined;
      case 'bigint':
        return BigInt(v as string);
      case 'number':
        return Number(v);
      case 'date':
        return new Date(v as number);
      case 'regexp': {
        const [source, flags] = v as [string, string];
        return new RegExp(source, flags);
      }
      case 'map':
        return new Map(decode(v) as [unknown, unknown][]);
      case 'set':
        return new Set(decode(v) as unknown[]);
      case 'error': {
        const [name, message, stack] = v as [string, string, string];
        return Object.assign(new Error(message), { name, stack });
      }
      case 'bytes':
        return decodeBytes(t, v as string);
      default:
        return Object.fromEntries(Object.entries(v as object).map(([key, value]) => [key, decode(value)]));
    }
  };

  return { encode, decode };
}
