import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUDGET_SETTING, planEviction } from '../../main/pipeline/artifact-budget.ts';
import { fingerprintNodes } from '../../main/pipeline/fingerprint.ts';
import { nodesUntil, planRecipe } from '../../main/pipeline/plan.ts';
import { emptyRecipe, type Recipe, setParam } from '../../main/pipeline/recipe.ts';
import { openProject } from '../../main/store/project.ts';
import { openWorkbench, testRequest, type Workbench } from '../fixtures/engine/workbench.ts';

let bench: Workbench;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(async () => bench.close());

const surroundings = {
  source: 'ff',
  modelHash: (model: string) => model,
  filesHash: (prefix: string) => prefix,
};
const printsOf = (recipe: Recipe) => [
  ...fingerprintNodes(nodesUntil(planRecipe(recipe)), surroundings).values(),
];

describe('the budget of a project', () => {
  it('spares what the recipe and its neighbours in the history need', async () => {
    const seed = (n: number) => setParam(emptyRecipe(), 'inpaint.seed', `${n}`);
    const project = openProject(bench.project, { write: true });
    try {
      for (const n of [1, 2, 3, 4]) project.commitRecipe(seed(n), `seed ${n}`);
      project.undo(); // the recipe is seed 3 now: 2 is an undo away, 4 a redo
      await bench.engine.runNode(testRequest(bench, 'test.double', ['doubled']));
      expect(planEviction(project, surroundings)).toBeNull(); // far below the usual budget
      project.setSetting(BUDGET_SETTING, 0);
      const plan = planEviction(project, surroundings)!;
      expect(plan.budgetBytes).toBe(0);
      const near = new Set([2, 3, 4].flatMap((n) => printsOf(seed(n))));
      expect(new Set(plan.keep)).toEqual(near);
      const far = printsOf(seed(1)).filter((print) => !near.has(print));
      expect(far.length).toBeGreaterThan(0);
      const missing = () => {
        throw new Error('not installed');
      };
      expect(planEviction(project, { ...surroundings, modelHash: missing })).toBeNull();
    } finally {
      project.close();
    }
  });

  it('is kept when the project is closed: the oldest runs go, those in need stay', async () => {
    const run = async (fingerprint: string) =>
      bench.engine.runNode(testRequest(bench, 'test.double', ['doubled'], { fingerprint }));
    await run('needed');
    await run('old');
    await run('older');
    await bench.engine.closeProject({ keep: ['needed'], budgetBytes: 0 });
    const project = openProject(bench.project, { write: false });
    try {
      expect(project.findRun('needed')).not.toBeNull();
      expect(project.findRun('old')).toBeNull();
      expect(project.findRun('older')).toBeNull();
      const kept = project.findRun('needed')!.artifacts['doubled']!;
      expect((await project.readArtifact(kept.id)).bytes).toHaveLength(48 * 32 * 3);
    } finally {
      project.close();
    }
  });
});
