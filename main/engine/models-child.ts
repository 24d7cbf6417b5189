import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { toErrorRecord } from '../errors.ts';
import { findPacks } from '../inference/packs.ts';
import { builtProviders } from '../inference/providers.ts';
import { openSessions, type ModelSessions } from '../inference/sessions.ts';
import { type GraphLink, type ModelId, runInTurn, type Tensor } from '../inference/tensor.ts';
import { collectGarbage } from './collect-garbage.ts';
import { linkToParent } from './parent-link.ts';
import { peakRssMb, resetPeakRss } from './peak-memory.ts';
import { isPipe, modelRequest, toModels, type ModelRequest } from './protocol.ts';
import { encodeMessage, WireReader, type WireMessage } from './wire.ts';

/** The *models* process: owns the ONNX sessions and serves one request at a time over a local socket. */
const parent = linkToParent();
let sessions: ModelSessions | undefined;
let endpoint: string | undefined;
let queue: Promise<unknown> = Promise.resolve();

parent.onMessage((raw) => {
  const message = toModels.parse(raw);
  if (message.type === 'ping') return parent.send({ type: 'pong', id: message.id });
  const { packs, endpoint: path, provider, preset, threads } = message;
  sessions = openSessions({ packs: findPacks(packs), provider, preset, threads });
  endpoint = path;
  createServer(serve).listen(path, () => parent.send({ type: 'ready' }));
});

parent.onGone(() => {
  if (endpoint && !isPipe(endpoint)) rmSync(dirname(endpoint), { recursive: true, force: true });
  process.exit(0);
});

function serve(socket: Socket): void {
  const kept = new Map<string, Tensor>();
  const reader = new WireReader((message) => {
    queue = queue.then(() => answer(socket, message, kept)).catch(() => {});
  });
  socket.on('data', (piece) => {
    try {
      reader.push(piece);
    } catch {
      socket.destroy(); // not our protocol
    }
  });
  socket.on('error', () => {}); // the other side went away; `close` follows
}

/** Answers one request, unless whoever asked has hung up meanwhile (that is how a cancelled one is dropped). */
async function answer(
  socket: Socket,
  { header, tensors }: WireMessage,
  kept: Map<string, Tensor>,
): Promise<void> {
  await nextTurn(); // a run has just blocked the event loop: let a hang-up arrive
  if (socket.destroyed || socket.readableEnded) return;
  const request = modelRequest.parse(header);
  if (request.fresh) {
    resetPeakRss();
    kept.clear();
  }
  for (const name of request.keep ?? []) if (tensors[name]) kept.set(name, tensors[name]);
  let reply: WireMessage;
  try {
    reply = await perform(request, (name) => tensors[name] ?? kept.get(name));
  } catch (error) {
    reply = { header: { ok: false, error: toErrorRecord(error) }, tensors: {} };
  }
  const pieces = encodeMessage({
    ...reply,
    header: { ...reply.header, id: request.id, peakRssMb: peakRssMb() },
  });
  await writeAll(socket, pieces);
}

/** Hands everything to the system before the next run blocks the event loop, or the answer would wait for its end. */
function writeAll(socket: Socket, pieces: readonly Uint8Array[]): Promise<void> {
  return new Promise((resolve) => {
    socket.cork();
    for (const piece of pieces.slice(0, -1)) socket.write(piece);
    socket.write(pieces.at(-1)!, () => resolve()); // an error counts as done: nobody is left to hear it
    socket.uncork();
  });
}

type FindTensor = (name: string) => Tensor | undefined;

async function perform(request: ModelRequest, find: FindTensor): Promise<WireMessage> {
  if (!sessions) throw new TypeError('Expected to be initialised before the first request');
  switch (request.op) {
    case 'run':
      return runLinks(
        sessions,
        (request.links ?? []).map((link) => readLink(link, find)),
      );
    case 'describe':
      return { header: { ok: true, value: await sessions.describe(request.model as ModelId) }, tensors: {} };
    case 'release':
      await sessions.release(request.model as ModelId | undefined);
      if (request.model === undefined) collectGarbage();
      return { header: { ok: true, value: null }, tensors: {} };
    case 'providers':
      return { header: { ok: true, value: await builtProviders() }, tensors: {} };
  }
}

function readLink({ model, feeds }: NonNullable<ModelRequest['links']>[number], find: FindTensor): GraphLink {
  const tensors = Object.entries(feeds).map(([input, name]): [string, Tensor] => {
    const tensor = find(name);
    if (!tensor) throw new TypeError(`Expected a tensor for ${input} of ${model} but received none`);
    return [input, tensor];
  });
  return { model: model as ModelId, feeds: Object.fromEntries(tensors) };
}

async function runLinks(open: ModelSessions, links: readonly GraphLink[]): Promise<WireMessage> {
  const header: { ok: true; modelMs: number; provider?: string; fellBack?: string } = {
    ok: true,
    modelMs: 0,
  };
  const run = async (model: ModelId, feeds: GraphLink['feeds']) => {
    const { outputs, modelMs, provider, fellBack } = await open.run(model, feeds);
    header.modelMs += modelMs;
    header.provider = provider;
    if (fellBack) header.fellBack = fellBack;
    return outputs;
  };
  return { header, tensors: await runInTurn(links, run, freeAtOnce) };
}

/**
 * Gives the memory of a tensor back without waiting for the garbage collector: a ControlNet makes tens of megabytes at
 * every step, which would have it walk the whole heap at every other.
 */
function freeAtOnce({ data }: Tensor): void {
  (data.buffer as ArrayBuffer).transfer(0);
}
