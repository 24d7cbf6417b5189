import type { ErrorRecord } from '../errors.ts';
import type { GateVerdict } from './gates.ts';

/**
 * `queued` waits, `running` is at work, `paused` waits until it is resumed, `person` needs somebody to look, `failed`
 * cannot be done as it is, `skipped` is left out on purpose, `done` is delivered.
 */
export const itemStates = ['queued', 'running', 'paused', 'person', 'failed', 'skipped', 'done'] as const;
export type ItemState = (typeof itemStates)[number];

/** One photo of a batch. */
export interface BatchItem {
  readonly id: number;
  /** Path inside the folder, with forward slashes. */
  readonly name: string;
  /** Absolute path of the photo. */
  readonly photo: string;
  /** Paths inside the batch's folder. */
  readonly project: string;
  readonly out: string;
  readonly state: ItemState;
  /** A person has looked and wants it delivered, whatever the gates say. */
  readonly accepted: boolean;
  /** How often it was begun. */
  readonly attempts: number;
  /** Why it is not done, where it is not; the stage where one is to blame. */
  readonly reason: string | null;
  readonly stage: string | null;
  readonly error: ErrorRecord | null;
  readonly verdict: GateVerdict | null;
  readonly result: ItemResult | null;
}

/** A delivered item. */
export interface ItemResult {
  readonly seed: number;
  readonly sha256: string;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
  readonly ms: number;
  /** Nodes that ran, by how often; what was reused does not count. */
  readonly ran: number;
}

/** What is known of an item when it is put into the queue. */
export interface NewItem {
  readonly name: string;
  readonly photo: string;
  readonly project: string;
  readonly out: string;
  readonly state: Extract<ItemState, 'queued' | 'person' | 'failed' | 'skipped'>;
  readonly reason?: string | null;
  readonly stage?: string | null;
  readonly error?: ErrorRecord | null;
}

export type Counts = Readonly<Record<ItemState, number>>;
