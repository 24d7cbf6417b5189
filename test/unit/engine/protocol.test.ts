import { describe, expect, it } from 'vitest';
import {
  exportRequest,
  fromPixels,
  isPipe,
  nodeRequest,
  toModels,
  toPixels,
} from '../../../main/engine/protocol.ts';
import { testRequest, type Workbench } from '../../fixtures/engine/workbench.ts';

const request = testRequest({ project: '/tmp/a.davenport' } as Workbench, 'test.copy', ['a'], {
  params: { nested: [1, null, { deep: true }] },
  frame: { artifact: 3, frame: { artifact: 2, frame: null } },
  inputs: { composite: { artifact: 4, frame: { artifact: 3, frame: null } } },
});

describe('messages between the processes', () => {
  it('survive JSON and parsing unchanged', () => {
    const messages = [
      { type: 'job', id: 1, job: { kind: 'node', request } },
      { type: 'cancel', id: 1 },
      { type: 'models', endpoint: '/tmp/x/models-1.sock', pid: 12 },
      { type: 'close' },
    ];
    for (const message of messages)
      expect(toPixels.parse(JSON.parse(JSON.stringify(message)))).toEqual(message);
    const failure = {
      type: 'failed',
      id: 1,
      error: { kind: 'machine', message: 'm', next: 'n' },
      modelsLost: true,
    };
    expect(fromPixels.parse(JSON.parse(JSON.stringify(failure)))).toEqual(failure);
  });

  it.each([
    ['no object', null],
    ['an unknown type', { type: 'reboot' }],
    ['a job without an id', { type: 'job', job: { kind: 'providers' } }],
    ['an unknown job', { type: 'job', id: 1, job: { kind: 'shell', command: 'ls' } }],
    ['something more than there should be', { type: 'cancel', id: 1, and: 'more' }],
  ])('are refused where they are %s', (_, message) => {
    expect(() => toPixels.parse(message)).toThrow();
  });

  it('refuse numbers in place of artifacts, and parameters that are no JSON', () => {
    expect(() => nodeRequest.parse({ ...request, frame: 3 })).toThrow();
    expect(() => nodeRequest.parse({ ...request, params: { when: new Date() } })).toThrow();
    expect(() => toModels.parse({ type: 'ping', id: 'x' })).toThrow();
  });

  it('fill in what an export leaves open', () => {
    const parsed = exportRequest.parse({
      project: 'p',
      source: { artifact: 1, frame: null },
      path: 'x.png',
      picture: 'mask',
    });
    expect(parsed).toMatchObject({ windowOnly: false, format: 'png', dpi: null, metadata: false });
  });
});

it('tells pipes from sockets', () => {
  expect(isPipe('\\\\.\\pipe\\davenport-models-1')).toBe(true);
  expect(isPipe('/tmp/davenport-x/models-1.sock')).toBe(false);
});
