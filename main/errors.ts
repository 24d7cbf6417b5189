/**
 * Errors a person meets. `kind` decides the exit code at a shell and the manner of showing in the window:
 * a *request* can be put right by asking differently, a *machine* failure cannot, *cancelled* is no failure.
 */
export type ErrorKind = 'request' | 'machine' | 'cancelled';

/** What crosses a process boundary in place of an Error (which would keep only its message). */
export interface ErrorRecord {
  readonly kind: ErrorKind;
  /** What went wrong, one line, without a full stop's worth of jargon. */
  readonly message: string;
  /** What the user can do about it, one line. */
  readonly next: string;
  /** `memory`: an {@link OutOfMemoryError}, `space`: a {@link NoSpaceError}. */
  readonly reason?: 'memory' | 'space' | undefined;
}

/** Base of every error that is shown to a user; anything else that is thrown is a defect of the program. */
export class DavenportError extends Error {
  readonly kind: ErrorKind;
  readonly next: string;

  constructor(kind: ErrorKind, message: string, next: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.kind = kind;
    this.next = next;
  }
}

/** The request is wrong (bad file, unknown parameter, click outside the photo): exit code 2. */
export class RequestError extends DavenportError {
  constructor(message: string, next: string, options?: ErrorOptions) {
    super('request', message, next, options);
  }
}

/** The machine failed (full disk, wrong hash, memory, crashed process): exit code 1. */
export class MachineError extends DavenportError {
  constructor(message: string, next: string, options?: ErrorOptions) {
    super('machine', message, next, options);
  }
}

/** An allocation failed, in onnxruntime, V8 or SQLite: the same work may fit under a lower memory preset. */
export class OutOfMemoryError extends MachineError {}

/** The disk is full, or a quota is reached: other work on the same disk will fail too. */
export class NoSpaceError extends MachineError {}

/** The user cancelled; what was finished is kept. */
export class CancelledError extends DavenportError {
  constructor(message = 'Cancelled', next = 'Run it again to continue from the last finished step') {
    super('cancelled', message, next);
  }
}

/** Turns anything thrown into the record that crosses processes; a programmer's error becomes a machine failure. */
export function toErrorRecord(error: unknown): ErrorRecord {
  if (error instanceof DavenportError) {
    const { kind, message, next } = error;
    const reason = reasonOf(error);
    return reason ? { kind, message, next, reason } : { kind, message, next };
  }
  if (isNoSpace(error)) {
    return {
      kind: 'machine',
      message: 'The disk is full',
      next: 'Free some space and run it again; nothing finished was lost',
      reason: 'space',
    };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { kind: 'machine', message, next: 'This is a defect: please report it with the project file' };
}

function reasonOf(error: DavenportError): ErrorRecord['reason'] {
  if (error instanceof OutOfMemoryError) return 'memory';
  return error instanceof NoSpaceError ? 'space' : undefined;
}

/** Rebuilds a throwable error from a record. */
export function fromErrorRecord(record: ErrorRecord): DavenportError {
  if (record.reason === 'memory') return new OutOfMemoryError(record.message, record.next);
  if (record.reason === 'space') return new NoSpaceError(record.message, record.next);
  return new DavenportError(record.kind, record.message, record.next);
}

/** True where the file system or SQLite says that no space is left. */
export function isNoSpace(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'SQLITE_FULL';
}

/** Programmer's error for a switch that misses a case. */
export function assertNever(value: never): never {
  throw new TypeError(`Unexpected value: ${JSON.stringify(value)}`);
}
