import { describe, expect, test } from 'vitest';
import { judge, seedMayHelp } from '../../../main/batch/gates.ts';
import { gatesSchema } from '../../../main/interop/recipe-file.ts';
import type { RunReport, StageReport } from '../../../main/pipeline/report.ts';

const gates = gatesSchema.parse({ minConfidence: 0.8, minStability: 0.9, maxDrift: 3, maxSeam: 2 });
const stage = (id: StageReport['stage'], metrics: object): StageReport =>
  ({ stage: id, metrics: { ...metrics } }) as StageReport;
const report = (segment: object, color: object, differing = 0): Pick<RunReport, 'edits' | 'identity'> => ({
  edits: [{ region: { area: 1 }, stages: [stage('segment', segment), stage('color', color)] }],
  identity: { checked: 10, differing },
});

describe('judge', () => {
  test('accepts what keeps every limit, and does not judge what was not measured', () => {
    const verdict = judge(report({ predictedIou: 0.9, stability: 0.95 }, {}), gates);
    expect(verdict).toMatchObject({ accepted: true, score: 1, doubt: null });
    expect(verdict.checks.map(({ gate }) => gate)).toEqual(['confidence', 'stability', 'identity']);
  });

  test('names the first stage that misses its limit; the score says by how much', () => {
    const verdict = judge(report({ predictedIou: 0.4, stability: 0.95 }, { rimAfter: 6 }), gates);
    expect(verdict).toMatchObject({ accepted: false, score: 0.5 });
    expect(verdict.doubt).toMatchObject({ stage: 'segment', reason: expect.stringMatching(/0\.4.*0\.8/) });
  });

  test('another seed may help against drift and seams, not against a bad mask', () => {
    expect(seedMayHelp(judge(report({ predictedIou: 0.1 }, {}), gates))).toBe(false);
    expect(seedMayHelp(judge(report({}, { seam: 5 }), gates))).toBe(true);
  });

  test('a single pixel changed outside the edit is not accepted', () => {
    expect(judge(report({}, {}, 1), gates)).toMatchObject({
      accepted: false,
      score: 0,
      doubt: { stage: 'color' },
    });
  });
});
