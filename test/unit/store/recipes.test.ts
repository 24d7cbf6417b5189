import { describe, expect, it } from 'vitest';
import { createProject, openProject, type Project } from '../../../main/store/project.ts';
import { useFolder } from './helpers.ts';

const folder = useFolder();

function reopen(project: Project): Project {
  project.close();
  return openProject(project.path, { write: true });
}

const places = (project: Project): string[] =>
  project.history().map((entry) => `${entry.label}:${entry.place}`);

describe('recipe history', () => {
  it('undoes and redoes across closing', () => {
    let project = createProject(folder.file('a.davenport'));
    expect(project.undo()).toBeNull();
    expect(project.redo()).toBeNull();
    for (const seed of [1, 2, 3]) project.commitRecipe({ seed }, `seed ${seed}`);
    expect(project.undo()?.recipe).toEqual({ seed: 2 });
    project = reopen(project);
    expect(project.recipe()).toMatchObject({ recipe: { seed: 2 }, label: 'seed 2' });
    expect(project.undo()?.recipe).toEqual({ seed: 1 });
    expect(project.undo()).toBeNull();
    project = reopen(project);
    expect(project.redo()?.recipe).toEqual({ seed: 2 });
    expect(project.redo()?.recipe).toEqual({ seed: 3 });
    expect(project.redo()).toBeNull();
    project.close();
  });

  it('keeps the branch that a commit after an undo leaves, and can go back to it', () => {
    const project = createProject(folder.file('a.davenport'));
    project.commitRecipe({ prompt: 'green sofa' }, 'a');
    const left = project.commitRecipe({ prompt: 'blue sofa' }, 'b');
    project.undo();
    project.commitRecipe({ prompt: 'red sofa' }, 'c');
    project.commitRecipe({ prompt: 'red armchair' }, 'd');
    project.undo();
    expect(places(project)).toEqual(['a:undo', 'b:branch', 'c:head', 'd:redo']);
    expect(project.visit(left.id).recipe).toEqual({ prompt: 'blue sofa' });
    expect(places(project)).toEqual(['a:undo', 'b:head', 'c:branch', 'd:branch']);
    project.undo();
    expect(project.redo()?.id).toBe(left.id);
    project.close();
  });

  it('adds nothing where the recipe is the head already', () => {
    const project = createProject(folder.file('a.davenport'));
    project.commitRecipe({ seed: 1 }, 'a');
    project.commitRecipe({ seed: 1 }, 'again');
    expect(places(project)).toEqual(['a:head']);
    expect(() => project.visit(99)).toThrow(TypeError);
    project.close();
  });
});
