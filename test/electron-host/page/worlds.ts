/**
 * What contextBridge does between a page's own JavaScript world and the preload's, over events that both see:
 * values are copied by structured cloning, functions and promises stay where they are and are called across.
 * The same text runs in both worlds, before anything else there.
 */

/** A value on its way to the other world. */
type Wire =
  | { readonly $: 'value'; readonly value: unknown }
  | { readonly $: 'array'; readonly items: readonly Wire[] }
  | { readonly $: 'object'; readonly entries: readonly (readonly [string, Wire])[] }
  | { readonly $: 'function' | 'promise'; readonly id: number }
  | { readonly $: 'returned'; readonly id: number };

type Message =
  | { readonly kind: 'call'; readonly id: number; readonly args: readonly Wire[]; readonly turn: number }
  | { readonly kind: 'return'; readonly turn: number; readonly ok: boolean; readonly value: Wire }
  | { readonly kind: 'settle'; readonly id: number; readonly ok: boolean; readonly value: Wire }
  | { readonly kind: 'expose'; readonly key: string; readonly value: Wire };

export type AnyFunction = (...args: unknown[]) => unknown;

export interface Worlds {
  /** Puts a value on the other world's window, frozen. */
  expose(key: string, value: unknown): void;
}

/**
 * @param secret names the events; pages cannot guess it
 * @param here which world this is
 */
export function joinWorlds(secret: string, here: 'page' | 'preload'): Worlds {
  const there = here === 'page' ? 'preload' : 'page';
  const functions = new Map<number, AnyFunction>();
  const idsOfFunctions = new WeakMap<AnyFunction, number>();
  const proxies = new Map<number, AnyFunction>();
  const idsOfProxies = new WeakMap<AnyFunction, number>();
  const promises = new Map<number, PromiseWithResolvers<unknown>>();
  const returns = new Map<number, { readonly ok: boolean; readonly value: Wire }>();
  let last = 0;
  const dispatch = window.dispatchEvent.bind(window);

  const tell = (message: Message) => {
    try {
      dispatch(new CustomEvent(`${secret}-${there}`, { detail: message }));
    } catch {
      throw new Error('An object could not be cloned.');
    }
  };

  const isPlain = (value: object) => Object.prototype.toString.call(value) === '[object Object]';

  const wrapFunction = (value: AnyFunction): Wire => {
    const returned = idsOfProxies.get(value);
    if (returned !== undefined) return { $: 'returned', id: returned };
    const id = idsOfFunctions.get(value) ?? ++last;
    idsOfFunctions.set(value, id);
    functions.set(id, value);
    return { $: 'function', id };
  };

  const wrapPromise = (value: Promise<unknown>): Wire => {
    const id = ++last;
    value.then(
      (result) => tell({ kind: 'settle', id, ok: true, value: wrap(result) }),
      (error: unknown) => tell({ kind: 'settle', id, ok: false, value: wrapError(error) }),
    );
    return { $: 'promise', id };
  };

  const wrap = (value: unknown, depth = 0): Wire => {
    if (depth > 1000) throw new Error('Electron contextBridge recursion depth exceeded.');
    if (typeof value === 'function') return wrapFunction(value as AnyFunction);
    if (typeof value === 'symbol') throw new Error('An object could not be cloned.');
    if (value === null || typeof value !== 'object') return { $: 'value', value };
    if (value instanceof Promise) return wrapPromise(value);
    if (Array.isArray(value)) return { $: 'array', items: value.map((item) => wrap(item, depth + 1)) };
    if (isPlain(value)) {
      const entries = Object.entries(value).map(([key, item]) => [key, wrap(item, depth + 1)] as const);
      return { $: 'object', entries };
    }
    try {
      return { $: 'value', value: structuredClone(value) };
    } catch {
      throw new Error('An object could not be cloned.');
    }
  };

  /** Of an error only its message crosses. */
  const wrapError = (error: unknown): Wire =>
    error instanceof Error ? { $: 'value', value: new Error(error.message) } : wrap(error);

  const proxyOf = (id: number): AnyFunction => {
    const known = proxies.get(id);
    if (known) return known;
    const proxy = (...args: unknown[]) => {
      const turn = ++last;
      tell({ kind: 'call', id, turn, args: args.map((arg) => wrap(arg)) });
      const returned = returns.get(turn);
      returns.delete(turn);
      if (!returned) throw new Error('An object could not be cloned.');
      const value = unwrap(returned.value, false);
      if (!returned.ok) throw value;
      return value;
    };
    proxies.set(id, proxy);
    idsOfProxies.set(proxy, id);
    return proxy;
  };

  const unwrap = (wire: Wire, freeze: boolean): unknown => {
    const done = <T extends object>(value: T) => (freeze ? Object.freeze(value) : value);
    switch (wire.$) {
      case 'value':
        return wire.value;
      case 'array':
        return done(wire.items.map((item) => unwrap(item, freeze)));
      case 'object':
        return done(Object.fromEntries(wire.entries.map(([key, item]) => [key, unwrap(item, freeze)])));
      case 'function':
        return proxyOf(wire.id);
      case 'returned':
        return functions.get(wire.id);
      case 'promise': {
        const waiting = Promise.withResolvers<unknown>();
        promises.set(wire.id, waiting);
        return waiting.promise;
      }
    }
  };

  const answer = ({ id, args, turn }: Message & { kind: 'call' }) => {
    try {
      const called = functions.get(id);
      if (!called) throw new Error('The function is gone');
      const value = called(...args.map((arg) => unwrap(arg, false)));
      tell({ kind: 'return', turn, ok: true, value: wrap(value) });
    } catch (error) {
      tell({ kind: 'return', turn, ok: false, value: wrapError(error) });
    }
  };

  const receive = (message: Message) => {
    if (message.kind === 'call') answer(message);
    else if (message.kind === 'return') returns.set(message.turn, message);
    else if (message.kind === 'settle') {
      const waiting = promises.get(message.id);
      promises.delete(message.id);
      waiting?.[message.ok ? 'resolve' : 'reject'](unwrap(message.value, false));
    } else {
      const value = unwrap(message.value, true);
      Object.defineProperty(window, message.key, { value, enumerable: true });
    }
  };

  window.addEventListener(
    `${secret}-${here}`,
    (event) => {
      event.stopImmediatePropagation();
      receive((event as CustomEvent<Message>).detail);
    },
    true,
  );

  const exposed = new Set<string>();
  return {
    expose(key, value) {
      if (exposed.has(key) || key in window)
        throw new Error('Cannot bind an API on top of an existing property on the window object');
      exposed.add(key);
      tell({ kind: 'expose', key, value: wrap(value) });
    },
  };
}
