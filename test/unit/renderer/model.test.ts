import { beforeEach, describe, expect, it } from 'vitest';
import { recipeSchema } from '../../../main/pipeline/recipe.ts';
import type { BatchState, DocumentState } from '../../../preload/contract.ts';
import { takeBatch, takeDocument, useModel } from '../../../renderer/state/model.ts';

function document(sequence: number, name: string): DocumentState {
  return {
    sequence,
    name,
    photo: { layer: 'photo', name: 'room.jpg', width: 100, height: 80, depth: 8, profile: null, notes: [] },
    recipe: recipeSchema.parse({ edits: [{}] }),
    edit: 0,
    stages: [],
    intermediates: [],
    running: null,
    error: null,
    variations: [],
    history: [],
    canUndo: false,
    canRedo: false,
    delivery: null,
    saved: true,
  };
}

const batch = (revision: number, name: string) => ({ revision, name }) as BatchState;

describe('what the main process says, in whatever order it arrives', () => {
  let first = 0;
  beforeEach(() => {
    first += 100;
    useModel.setState({ document: null, batch: null });
  });

  it('an answer that an event has overtaken changes nothing', () => {
    takeDocument(document(first + 2, 'event'));
    takeDocument(document(first + 1, 'late answer'));
    expect(useModel.getState().document?.name).toBe('event');
    takeDocument(document(first + 3, 'next'));
    expect(useModel.getState().document?.name).toBe('next');
  });

  it('a project that was closed is not opened again by a late answer', () => {
    takeDocument(document(first + 2, 'open'));
    takeDocument(null);
    takeDocument(document(first + 1, 'late answer'));
    expect(useModel.getState().document).toBeNull();
  });

  it('the same holds for a batch', () => {
    takeBatch(batch(5, 'event'));
    takeBatch(batch(4, 'late answer'));
    expect(useModel.getState().batch?.name).toBe('event');
    takeBatch(batch(5, 'progress'));
    expect(useModel.getState().batch?.name).toBe('progress');
    takeBatch(null);
    expect(useModel.getState().batch).toBeNull();
  });
});
