import type { EventEmitter } from 'node:events';
import { inspect } from 'node:util';

/** What every object may be asked for without being an Electron API: promises, printing, comparing, cloning. */
const ASKED_BY_THE_LANGUAGE = new Set<PropertyKey>([
  'then',
  'toJSON',
  'constructor',
  'prototype',
  'inspect',
  'nodeType',
  '$$typeof',
  'asymmetricMatch',
  '@@__IMMUTABLE_ITERABLE__@@',
  '@@__IMMUTABLE_RECORD__@@',
]);
const LISTENING = new Set<PropertyKey>([
  'on',
  'once',
  'addListener',
  'prependListener',
  'prependOnceListener',
]);

/**
 * What a double has in common with its original: `double satisfies Known<Double, Original>` fails to compile where
 * Electron types a member otherwise. Events are typed by their names alone; `Less` are members that give less.
 */
export type Known<Double, Original, Less extends string = never> = Pick<
  Original,
  Exclude<keyof Double & keyof Original, keyof EventEmitter | Less>
>;

const wrapped = new WeakMap<object, object>();

/** What the host has no double for: the test that meets it must fail, and say which it was. */
export class UnknownElectronApi extends Error {
  constructor(name: string) {
    super(`The development host has no ${name}: add it to test/electron-host, or do without it`);
    this.name = 'UnknownElectronApi';
  }
}

/**
 * Wraps a double of an Electron object so that whatever it lacks throws by name, reading and writing alike.
 * The same object is always wrapped by the same proxy, and methods that return the object return the proxy.
 * @param events names, separated by blanks, of the events that the double emits, or that cannot happen here; listening to any other throws
 */
export function strict<T extends object>(name: string, target: T, events?: string): T {
  const known = wrapped.get(target);
  if (known) return known as T;
  const emitted = events?.trim().split(/\s+/);
  const methods = new WeakMap<object, unknown>();
  const method = (key: PropertyKey, call: (...args: unknown[]) => unknown) => {
    const bound = (...args: unknown[]) => {
      if (emitted && LISTENING.has(key) && !emitted.includes(String(args[0])))
        throw new UnknownElectronApi(`${name}.on('${String(args[0])}')`);
      const result = call.apply(target, args);
      return result === target ? proxy : result;
    };
    methods.set(call, bound);
    return bound;
  };
  const proxy = new Proxy(target, {
    get(_, key) {
      if (!(key in target)) {
        if (typeof key === 'symbol' || ASKED_BY_THE_LANGUAGE.has(key)) return undefined;
        throw new UnknownElectronApi(`${name}.${key}`);
      }
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function' || key === 'constructor') return value;
      return methods.get(value) ?? method(key, value as (...args: unknown[]) => unknown);
    },
    set(_, key, value) {
      if (!(key in target)) throw new UnknownElectronApi(`${name}.${String(key)}`);
      return Reflect.set(target, key, value, target);
    },
  });
  wrapped.set(target, proxy);
  wrapped.set(proxy, proxy);
  return proxy;
}

/** Wraps a class: its instances are strict, and what it lacks among its static members throws by name. */
export function strictClass<T extends new (...args: never[]) => object>(
  name: string,
  target: T,
  events?: string,
): T {
  return new Proxy(target, {
    get(_, key) {
      if (key in target || typeof key === 'symbol' || ASKED_BY_THE_LANGUAGE.has(key))
        return Reflect.get(target, key, target) as unknown;
      throw new UnknownElectronApi(`${name}.${key}`);
    },
    construct: (_, args) => strict(name, new target(...(args as never[])), events),
  });
}

/** Stands for a whole module or class of Electron that the host has no double for. */
export function unknownApi(name: string): never {
  const refuse = (key?: PropertyKey) => {
    if (typeof key === 'symbol' || (key !== undefined && ASKED_BY_THE_LANGUAGE.has(key))) return undefined;
    throw new UnknownElectronApi(key === undefined ? name : `${name}.${key}`);
  };
  return new Proxy(function unknown() {}, {
    get: (_, key) => (key === inspect.custom ? () => `[no double for ${name}]` : refuse(key)),
    set: (_, key) => refuse(key) as never,
    apply: () => refuse() as never,
    construct: () => refuse() as never,
  }) as never;
}

/** An event that listeners may prevent. */
export interface Preventable {
  preventDefault(): void;
  readonly defaultPrevented: boolean;
}

/** Emits an event whose first argument can be prevented; `details` are its other properties. @returns whether it was */
export function emitPreventable(
  target: EventEmitter,
  event: string,
  details: object = {},
  ...args: unknown[]
): boolean {
  let prevented = false;
  const preventable: Preventable = {
    preventDefault: () => {
      prevented = true;
    },
    get defaultPrevented() {
      return prevented;
    },
  };
  target.emit(event, Object.assign(preventable, details), ...args);
  return prevented;
}
