import { idOf, type ReadyAccount } from '../../src/cli/new-account.ts';
import type { RequestOf } from '../../src/contracts/dto.ts';
import { NewFile } from '../../src/contracts/files.ts';
import { type FlowNode, NewFlow } from '../../src/contracts/flows.ts';
import type { NodeParameter } from '../../src/contracts/values.ts';
import { wavHeader } from '../../src/telephony/audio/wav.ts';

/** The flows that the figures of Asterisk were taken with; bench/kit/README.md names them. */
export interface BenchFlows {
  readonly hangup: string;
  readonly short: string;
  readonly long: string;
  readonly ivr: string;
}

const SAMPLE_RATE = 8000;
const TONE_HZ = 440;

/** Uploads the prompts and creates the flows. Answers their ids. */
export async function createFlows({ api, accountId }: ReadyAccount): Promise<BenchFlows> {
  const second = idOf(await api.call(NewFile, { accountId }, { name: 'one-second.wav', bytes: tone(1) }));
  const long = idOf(await api.call(NewFile, { accountId }, { name: 'long.wav', bytes: tone(73) }));
  const create = async (name: string, nodes: FlowNode[]): Promise<string> => {
    const request: RequestOf<typeof NewFlow> = { accountId, name, nodes, roles: ['Reference'], parameters: [], exits: [] };
    return idOf(await api.call(NewFlow, request));
  };
  return {
    hangup: await create('hangup', [hangUp(true)]),
    short: await create('short', [play('play', second, 'bye', true), hangUp()]),
    long: await create('long', [play('play', long, 'bye', true), hangUp()]),
    ivr: await create('ivr', [
      node('ask', 'GatherNode', true, {
        PromptAudio: { type: 'AudioFile', value: { stringValue: second } },
        MaxDigits: { type: 'Number', value: { numberValue: 1 } },
        Digits: { type: 'String', isOutput: true, source: 'Session', referenceId: 'Choice' },
        Done: to('route'),
        NoInput: to('bye'),
      }),
      node('route', 'StringMatchNode', false, {
        String: { type: 'String', source: 'Session', referenceId: 'Choice' },
        Choices: { type: 'List', value: { listValue: [{ Value: { stringValue: '5' } }] } },
        '5': to('thanks'),
        NoMatches: to('bye'),
      }),
      play('thanks', second, 'bye'),
      hangUp(),
    ]),
  };
}

function play(id: string, fileId: string, next: string, isStartNode = false): FlowNode {
  return node(id, 'PlayNode', isStartNode, { AudioFile: { type: 'AudioFile', value: { stringValue: fileId } }, Done: to(next) });
}

function hangUp(isStartNode = false): FlowNode {
  return node('bye', 'HangUpNode', isStartNode, { Outcome: { type: 'String', value: { stringValue: 'Completed' } } });
}

function to(nodeId: string): NodeParameter {
  return { type: 'Transition', value: { stringValue: nodeId } };
}

function node(id: string, typeName: string, isStartNode: boolean, parameters: Readonly<Record<string, NodeParameter>>): FlowNode {
  const complete = Object.entries(parameters).map(([key, value]) => [key, { id: `${id}-${key}`, source: 'Value' as const, ...value }]);
  return {
    id,
    name: id,
    isStartNode,
    spec: { typeName, url: `/json/reply/${typeName}` },
    parameters: Object.fromEntries(complete),
    ui: { x: 0, y: 0 },
  };
}

/** A WAV file of so many seconds of a quiet tone. */
function tone(seconds: number): Uint8Array<ArrayBuffer> {
  const samples = new Int16Array(seconds * SAMPLE_RATE);
  for (let index = 0; index < samples.length; index += 1) samples[index] = 6000 * Math.sin((2 * Math.PI * TONE_HZ * index) / SAMPLE_RATE);
  const header = wavHeader(SAMPLE_RATE, samples.byteLength);
  const file = new Uint8Array(header.length + samples.byteLength);
  file.set(header);
  file.set(new Uint8Array(samples.buffer), header.length);
  return file;
}
