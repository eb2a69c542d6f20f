import { defineNode } from '../define-node.ts';

type MatchType = 'Exact' | 'StartsWith' | 'EndsWith' | 'Contains';

export default defineNode({
  typeName: 'StringMatchNode',
  label: 'String Match',
  category: 'Logic',
  icon: 'arrows-split',
  description: 'Compares a text with choices, and goes on by the first that matches.',
  inputs: {
    String: { type: 'String', description: 'The text to compare. Empty if absent.' },
    Choices: { type: 'List', of: 'String', description: 'What to compare it with.' },
    MatchType: {
      type: 'String',
      default: 'Exact',
      possibleValues: ['Exact', 'StartsWith', 'EndsWith', 'Contains'],
      description: 'How the text matches a choice.',
    },
    IgnoreCase: { type: 'Boolean', default: true, description: 'Whether capital and small letters are the same.' },
  },
  outputs: {},
  choices: 'Choices',
  transitions: { NoMatches: { description: 'No choice matches.' } },
  execute(params) {
    const fold = (text: string): string => (params.IgnoreCase ? text.toLowerCase() : text);
    const text = fold(params.String ?? '');
    const choice = params.Choices?.find((candidate) => matches(text, fold(candidate), params.MatchType));
    return choice === undefined ? { leave: 'NoMatches' } : { choice };
  },
});

function matches(text: string, choice: string, how: MatchType): boolean {
  switch (how) {
    case 'Exact':
      return text === choice;
    case 'StartsWith':
      return text.startsWith(choice);
    case 'EndsWith':
      return text.endsWith(choice);
    case 'Contains':
      return text.includes(choice);
  }
}
