import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { strict, UnknownElectronApi } from '../strict.ts';
import { OPTIONS_VARIABLE } from './runtime.ts';

const REGISTER = new URL('../register-utility.ts', import.meta.url).href;
const EVENTS = `
  spawn message exit error
`;
const running = new Set<HostUtilityProcess>();

type KnownUtilityProcess = Pick<
  Electron.UtilityProcess,
  'pid' | 'stdout' | 'stderr' | 'postMessage' | 'kill'
>;

/** Tells the app that a child has gone; set by the app's part of the double. */
export const childEvents = new EventEmitter();

/** A child with `process.parentPort`: a real process of this machine's Node. */
class HostUtilityProcess extends EventEmitter implements KnownUtilityProcess {
  readonly #child: ChildProcess;
  readonly #name: string;
  #killed = false;
  pid: number | undefined;
  readonly stdout: NodeJS.ReadableStream | null;
  readonly stderr: NodeJS.ReadableStream | null;

  constructor(modulePath: string, args: readonly string[], options: Electron.ForkOptions) {
    super();
    const { stdio = 'inherit', serviceName = 'Node Utility Process', execArgv = [] } = options;
    const [, out = 'inherit', err = 'inherit'] = typeof stdio === 'string' ? [stdio, stdio, stdio] : stdio;
    const env = { ...((options.env as NodeJS.ProcessEnv | undefined) ?? process.env) };
    delete env[OPTIONS_VARIABLE];
    this.#name = serviceName;
    this.#child = fork(modulePath, args, {
      execArgv: ['--import', REGISTER, ...execArgv],
      serialization: 'advanced',
      stdio: ['ignore', out as 'pipe', err as 'pipe', 'ipc'],
      env,
      ...(options.cwd !== undefined && { cwd: options.cwd }),
    });
    this.stdout = this.#child.stdout;
    this.stderr = this.#child.stderr;
    running.add(this);
    this.#child.once('spawn', () => {
      this.pid = this.#child.pid;
      this.emit('spawn');
    });
    this.#child.on('message', (message) => this.emit('message', message));
    this.#child.on('error', () => {}); // a failed send is followed by `exit`
    // `close` comes once the outputs have been read to their ends.
    this.#child.once('close', (code, signal) => this.#end(code, signal));
  }

  /** As in Electron, messages to a child that has gone are lost. */
  postMessage(message: unknown, transfer?: readonly unknown[]): void {
    if (transfer?.length) throw new UnknownElectronApi('UtilityProcess.postMessage with ports');
    if (this.#child.connected) this.#child.send(message as object, () => {});
  }

  kill(): boolean {
    this.#killed = true;
    return this.#child.kill('SIGTERM');
  }

  metric(): Electron.ProcessMetric {
    const cpu = { percentCPUUsage: 0, idleWakeupsPerSecond: 0 };
    const memory = { workingSetSize: 0, peakWorkingSetSize: 0 };
    const base = { pid: this.#child.pid ?? 0, type: 'Utility' as const, creationTime: 0, cpu, memory };
    return { ...base, name: this.#name, serviceName: 'node.mojom.NodeService' };
  }

  #end(code: number | null, signal: NodeJS.Signals | null): void {
    running.delete(this);
    this.pid = undefined;
    const exitCode = code ?? SIGNAL_NUMBERS[signal ?? 'SIGKILL'] ?? 1;
    const reason = signal
      ? this.#killed
        ? 'killed'
        : 'crashed'
      : exitCode === 0
        ? 'clean-exit'
        : 'abnormal-exit';
    const details = {
      type: 'Utility',
      reason,
      exitCode,
      serviceName: 'node.mojom.NodeService',
      name: this.#name,
    };
    if (reason !== 'clean-exit') childEvents.emit('gone', details);
    this.emit('exit', exitCode);
  }
}

const SIGNAL_NUMBERS: Partial<Record<NodeJS.Signals, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};

export function utilityMetrics(): Electron.ProcessMetric[] {
  return [...running].map((child) => child.metric());
}

export const utilityProcess = strict('utilityProcess', {
  fork(modulePath: string, args: readonly string[] = [], options: Electron.ForkOptions = {}) {
    return strict('UtilityProcess', new HostUtilityProcess(modulePath, args, options), EVENTS);
  },
});
