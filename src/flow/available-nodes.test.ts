import { describe, expect, it } from 'vitest';
import { valueTypes } from '../contracts/values.ts';
import { flowSpec, nodeSpecs } from './available-nodes.ts';
import { behaviourOf, nodeTypes } from './catalogue.ts';
import { fillSpec } from './fill-spec.ts';
import { fromValue } from './plain-value.ts';

/** Names, keys, defaults and transitions as the contract fixes them. A trailing `*` marks an output, `~` an asynchronous transition. */
const contract: Record<string, [label: string, category: string, parameters: string]> = {
  AddLogNode: ['Add Log', 'General', 'Message Done'],
  BooleanComparisonNode: ['Boolean Comparison', 'Logic', 'Value Yes No'],
  ConferenceNode: [
    'Conference',
    'CallCenter',
    'Name Muted=false Moderator=false WaitForModerator=false EndOnExit=false Announce=false HoldMusic LeaveKeys ConferenceSid* DurationInSeconds* Done Full Failed',
  ],
  DialNode: [
    'Dial',
    'Voice',
    'Number Endpoint User Team CallerId TimeoutInSeconds=30 Record=false WhisperText RequireKeyPress AllowTransfer=false RingAudio AnsweredBy* DialStatus* DurationInSeconds* Done NoAnswer Busy Rejected Failed RecordingReady~',
  ],
  GatherNode: [
    'Gather',
    'Voice',
    'Prompt PromptAudio MaxDigits=1 FinishOnKey=# TimeoutInSeconds=5 InterDigitTimeoutInSeconds=3 AllowInterrupt=true Digits* Done NoInput Failed',
  ],
  HangUpNode: ['Hang Up', 'Voice', 'Outcome'],
  HoldNode: ['Hold', 'Voice', 'HoldMusic Done Failed'],
  MenuNode: ['Menu', 'Voice', 'Prompt PromptAudio Choices TimeoutInSeconds=5 Attempts=3 InvalidPrompt Choice* NoInput NoMatch Failed'],
  NumberComparisonNode: ['Number Comparison', 'Logic', 'Left Operator Right Yes No'],
  PauseRecordingNode: ['Pause Recording', 'Audio', 'Done'],
  PlayNode: ['Play', 'Audio', 'AudioFile AudioUrl Loop=1 AllowInterrupt=false Done Failed'],
  RecordNode: [
    'Record',
    'Audio',
    'PlayBeep=true MaxLengthInSeconds=120 FinishOnKey=# SilenceTimeoutInSeconds=5 TrimSilence=false Recording* DurationInSeconds* Done NoRecording Failed RecordingReady~',
  ],
  ResumeNode: ['Resume', 'Voice', 'Done Failed'],
  SayNode: ['Say', 'Voice', 'WhatToSay Voice Loop=1 AllowInterrupt=false Done Failed'],
  SendDigitsNode: ['Send Digits', 'Voice', 'Digits Done Failed'],
  SetDataNode: ['Set Data', 'General', 'Fields Done'],
  StartRecordingNode: ['Start Recording', 'Audio', 'Layout=Stereo Done'],
  StopRecordingNode: ['Stop Recording', 'Audio', 'Recording* DurationInSeconds* Done NoRecording Failed'],
  StringMatchNode: ['String Match', 'Logic', 'String Choices MatchType=Exact IgnoreCase=true NoMatches'],
  TransferNode: [
    'Transfer',
    'Voice',
    'Target Mode=Blind Endpoint User Team CallerId TimeoutInSeconds=30 WhisperText RequireKeyPress HoldMusic SipStatus* Reason* AnsweredBy* DurationInSeconds* Transferred Accepted Refused Failed Joined NoAnswer Busy Rejected',
  ],
  WaitNode: ['Wait', 'DateAndTime', 'Timeout=1 Done'],
};

describe('the available nodes', () => {
  it('are those of the contract, with its names, defaults and transitions', () => {
    const found = nodeSpecs().map((spec) => {
      const parameters = (spec.dataType?.fields ?? []).map((field) => {
        const value = field.defaultValue && fromValue(field.defaultValue);
        return `${field.name}${value === undefined ? '' : `=${value}`}${field.isOutput ? '*' : ''}${field.isAsync ? '~' : ''}`;
      });
      return [spec.typeName, [spec.name, spec.category, parameters.join(' ')]];
    });
    expect(Object.fromEntries(found)).toEqual(contract);
  });

  it('have an address that leads to them, and say what everything is', () => {
    for (const spec of nodeSpecs()) {
      expect(behaviourOf(spec.url ?? '')).toMatchObject({ kind: 'node', type: { typeName: spec.typeName } });
      expect(spec.description).toMatch(/\.$/);
      for (const field of spec.dataType?.fields ?? []) {
        expect(valueTypes).toContain(field.type);
        expect(field.description).toMatch(/\.$/);
      }
    }
  });

  it('say what lists are made of, and which lists make transitions', () => {
    const field = (typeName: string, name: string) =>
      nodeSpecs()
        .find((spec) => spec.typeName === typeName)
        ?.dataType?.fields?.find((candidate) => candidate.name === name);
    expect(field('StringMatchNode', 'Choices')).toMatchObject({
      type: 'List',
      transitionNameFormat: '{Value}',
      listType: { typeName: 'String', fields: [{ name: 'Value', type: 'String' }] },
    });
    expect(field('SetDataNode', 'Fields')?.listType?.fields?.map(({ name }) => name)).toEqual(['Scope', 'Name', 'Value']);
    expect(field('NumberComparisonNode', 'Operator')?.possibleValues).toEqual(['=', '!=', '<', '<=', '>', '>=']);
    expect(field('SayNode', 'WhatToSay')?.uiHint).toBe('LargeText');
  });

  it('are plain JSON', () => {
    expect(JSON.parse(JSON.stringify(nodeSpecs()))).toEqual(nodeSpecs());
  });

  it('include flows, with their public parameters and exits', () => {
    const spec = flowSpec({
      id: 'a b',
      name: 'Greet',
      description: 'Says hello',
      parameters: [{ name: 'Name', type: 'String', isPublic: true, isKnob: true }, { name: 'Local' }],
      exits: [{ id: 'x', name: 'Done' }],
    });
    expect(spec).toMatchObject({ name: 'Greet', typeName: 'FlowNode', category: 'Flows', url: '/flows/start?flowId=a%20b' });
    expect(spec.dataType?.fields).toEqual([
      { name: 'Name', type: 'String' },
      { id: 'Done', name: 'Done', type: 'Transition' },
    ]);
    expect(behaviourOf(spec.url ?? '')).toEqual({ kind: 'flow', flowId: 'a b' });
  });
});

describe('a sparse spec', () => {
  it('is filled from the catalogue, and keeps what it says itself', () => {
    const filled = fillSpec({ id: 'a', spec: { url: '/json/reply/SayNode', name: 'Speak' } });
    expect(filled.spec).toMatchObject({ name: 'Speak', typeName: 'SayNode', category: 'Voice', restrictToChannels: ['Voice'] });
    expect(filled.spec).not.toHaveProperty('dataType');
    expect(fillSpec({ id: 'a', spec: { url: '/flows/start?flowId=x' } }).spec).toMatchObject({
      name: 'Flow',
      typeName: 'FlowNode',
      category: 'Flows',
    });
  });

  it('stays as it is when its url is missing or unknown', () => {
    for (const node of [{ id: 'a' }, { id: 'a', spec: {} }, { id: 'a', spec: { url: '/json/reply/OldNode', name: 'Old' } }]) {
      expect(fillSpec(node)).toEqual(node);
    }
  });
});

describe('node types', () => {
  it('have names and keys of their own', () => {
    expect(new Set(nodeTypes.map(({ typeName }) => typeName)).size).toBe(nodeTypes.length);
    for (const type of nodeTypes) {
      const keys = [...Object.keys(type.inputs), ...Object.keys(type.outputs), ...Object.keys(type.transitions)];
      expect(new Set(keys).size).toBe(keys.length);
      for (const key of keys) expect(key).toMatch(/^[A-Z][A-Za-z]*$/);
    }
  });
});
