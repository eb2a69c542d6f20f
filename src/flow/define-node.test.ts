import { describe, expect, expectTypeOf, it } from 'vitest';
import { defineNode, type NodeContext, type ParametersOf } from './define-node.ts';

const description = 'For the test.';
const base = { typeName: 'TestNode', label: 'Test', category: 'General', icon: 'x', description } as const;

// The lines marked @ts-expect-error are the tests: the type check of the repository fails when one of them compiles.
describe('defineNode', () => {
  const inputs = {
    Text: { type: 'String', required: true, description },
    Maybe: { type: 'String', description },
    Count: { type: 'Number', default: 1, minimum: 0, maximum: 9, description },
    How: { type: 'String', default: 'A', possibleValues: ['A', 'B'], description },
    Flag: { type: 'Boolean', description },
    Names: { type: 'List', of: 'String', description },
    Rows: { type: 'List', of: { Id: { type: 'Number', required: true, minimum: 0, maximum: 9, description } }, description },
  } as const;

  it('gives parameters the types of their inputs', () => {
    type P = ParametersOf<typeof inputs>;
    expectTypeOf<P['Text']>().toEqualTypeOf<string>();
    expectTypeOf<P['Maybe']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<P['Count']>().toEqualTypeOf<number>();
    expectTypeOf<P['How']>().toEqualTypeOf<'A' | 'B'>();
    expectTypeOf<P['Flag']>().toEqualTypeOf<boolean | undefined>();
    expectTypeOf<P['Names']>().toEqualTypeOf<readonly string[] | undefined>();
    expectTypeOf<NonNullable<P['Rows']>[number]['Id']>().toEqualTypeOf<number>();
  });

  it('lets a node leave only by what it declares', () => {
    const transitions = { Done: { description }, Late: { description, isAsync: true } } as const;
    const outputs = { Out: { type: 'Number', description } } as const;
    const node = defineNode({
      ...base,
      inputs,
      outputs,
      transitions,
      execute: () => ({ leave: 'Done', outputs: { Out: 1 }, later: ['Late'] }),
    });
    expect(node.typeName).toBe('TestNode');

    // @ts-expect-error a transition that is not declared
    defineNode({ ...base, inputs, outputs, transitions, execute: () => ({ leave: 'Gone' }) });
    // @ts-expect-error the same, from an asynchronous function
    defineNode({ ...base, inputs, outputs, transitions, execute: async () => ({ leave: 'Gone' }) });
    // @ts-expect-error an asynchronous transition is not a way out
    defineNode({ ...base, inputs, outputs, transitions, execute: () => ({ leave: 'Late' }) });
    // @ts-expect-error only an asynchronous transition is followed later
    defineNode({ ...base, inputs, outputs, transitions, execute: () => ({ leave: 'Done', later: ['Done'] }) });
    // @ts-expect-error an output that is not declared
    defineNode({ ...base, inputs, outputs, transitions, execute: () => ({ leave: 'Done', outputs: { Other: 1 } }) });
    // @ts-expect-error an output of another type
    defineNode({ ...base, inputs, outputs, transitions, execute: () => ({ leave: 'Done', outputs: { Out: 'one' } }) });
    // @ts-expect-error a choice of a node that has none
    defineNode({ ...base, inputs, outputs, transitions, execute: () => ({ choice: 'A' }) });
    // @ts-expect-error an end of a node that has transitions
    defineNode({ ...base, inputs, outputs, transitions, execute: () => ({ hangUp: true, outcome: undefined }) });
    // @ts-expect-error choices from an input that does not exist
    defineNode({ ...base, inputs, outputs, transitions, choices: 'Others', execute: () => ({ leave: 'Done' }) });
    // @ts-expect-error a node without transitions can only end
    defineNode({ ...base, inputs, outputs, transitions: {}, execute: () => ({ leave: 'Done' }) });
  });

  it('lets a node read only what it declares', () => {
    const transitions = { Done: { description } } as const;
    const read = (_value: string): void => {};
    defineNode({
      ...base,
      inputs,
      outputs: {},
      transitions,
      execute(params, ctx) {
        read(params.Text);
        // @ts-expect-error an input that is not declared
        read(params.Other);
        // @ts-expect-error an input that may be absent
        read(params.Maybe);
        // @ts-expect-error a choice is made from a text of the list, not from the whole
        read(params.Names);
        expectTypeOf(ctx).toEqualTypeOf<NodeContext>();
        return { leave: 'Done' };
      },
    });
  });
});
