import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PlainStruct, structOf } from './plain-value.ts';
import { MAX_TEXT, parseExpression, parseTemplate, TemplateError } from './template.ts';

const view: PlainStruct = structOf([
  [
    'Session',
    structOf([
      ['Choice', '1'],
      ['Age', 42],
      ['Zero', 0],
      ['Vip', true],
      ['No', false],
      ['List', ['a', 'b']],
      ['Struct', structOf([['Name', 'Ann']])],
      ['Large', 'x'.repeat(60_000)],
      ['__proto__', 'a name like any other'],
    ]),
  ],
  ['System', structOf([['Now', '2026-03-04T05:06:07.000Z']])],
]);

const render = (text: string): string => parseTemplate(text).render(view);

describe('a text', () => {
  it.each([
    ['Hello', 'Hello'],
    ['You pressed {{ Session.Choice }}.', 'You pressed 1.'],
    ['{{ Session.Age | plus: 1 }} {{Session.Zero}} {{ Session.Vip }} {{ Session.No }}', '43 0 true false'],
    ['{% if Session.Age > 40 and Session.Vip %}yes{% else %}no{% endif %}', 'yes'],
    ['{% for x in Session.List %}{{ x }};{% endfor %}', 'a;b;'],
    ['{{ Session.Struct.Name }} {{ Session.Struct }} {{ Session.List }}', 'Ann {"Name":"Ann"} ["a","b"]'],
    ['{{ System.Now | date: "%H:%M %d.%m.%Y" }}', '05:06 04.03.2026'],
    ['{{ Session.Nothing }}{{ Session.Nothing.Deeper }}{{ Session.Choice.Deeper }}{{ User.Name }}', ''],
    ['{{ Session.Nothing | default: "there" }}', 'there'],
    ['{% assign who = Session.Struct.Name %}{{ who | upcase }}', 'ANN'],
    ['<a href="x">', '<a href="x">'],
  ])('%j becomes %j', (text, expected) => {
    expect(render(text)).toBe(expected);
  });

  it('knows which fields it reads', () => {
    const reads = (text: string) => parseTemplate(text).reads;
    expect(reads('Hello')).toEqual([]);
    expect(reads('{{ Session.A }} {% if System.Now %}{{ Session.A | append: User.B.C }}{% endif %}')).toEqual([
      'Session.A',
      'System.Now',
      'User.B',
    ]);
    expect(reads('{{ Session[Session.A] }}')).toEqual(['Session', 'Session.A']);
  });

  it('that needs nothing filled in is known at once', () => {
    expect(parseTemplate('Hello').constant).toBe('Hello');
    expect(parseTemplate('{{ "Hello" }}').constant).toBeUndefined();
  });

  it.each([
    '{{ Session.A ',
    '{% if Session.A %}',
    '{{ Session.A | unheard_of }}',
    '{% include "/etc/passwd" %}',
    '{% render "x" %}',
    '{% layout "x" %}',
    '{% capture x %}{% endcapture %}',
    '{{ Choice }}',
    '{{ Sesion.Choice }}',
    `{{ Session.A }}${'x'.repeat(MAX_TEXT)}`,
  ])('%s is refused when it is read', (text) => {
    expect(() => parseTemplate(text)).toThrow(TemplateError);
  });

  it('refuses an unknown scope in words for its author', () => {
    expect(() => parseTemplate('{{ Choice }}')).toThrow(
      "'Choice' is not a scope: write Session., Customer., Endpoint., User., System. and the name of a field.",
    );
  });
});

describe('a text written to do harm', () => {
  it.each([
    ['{{ Session.constructor }}{{ Session.toString }}{{ Session.List.constructor.name }}{{ Session.Choice.constructor }}', ''],
    ['{{ Session.__proto__ }}', 'a name like any other'],
    ['{{ Session.Struct.__proto__ }}{{ Session.List.__proto__ }}{{ Session.List.push }}', ''],
  ])('does not reach beyond the data: %s', (text, expected) => {
    expect(render(text)).toBe(expected);
  });

  it.each([
    '{% for i in (1..10000000) %}{{ i }}{% endfor %}',
    '{% for i in (1..10000) %}{% for j in (1..10000) %}x{% endfor %}{% endfor %}',
    '{% for i in (1..900) %}{{ Session.Large }}{% endfor %}',
    '{% assign a = Session.Large %}{% for i in (1..100) %}{% assign a = a | append: a %}{% endfor %}{{ a | size }}',
    '{{ Session.Large | replace: "x", Session.Large }}',
    '{{ Session.Large }}',
    '{{ System.Now | date: "%999999999Y" }}',
  ])('is stopped: %s', (text) => {
    const template = parseTemplate(text);
    const startedAt = process.cpuUsage();
    expect(() => template.render(view)).toThrow(TemplateError);
    const { user, system } = process.cpuUsage(startedAt);
    expect(user + system).toBeLessThan(500_000);
  });

  it('is stopped at the same place on every machine', () => {
    const parts = (count: number) => `{% for i in (1..${count}) %}x{% endfor %}`;
    expect(render(parts(450))).toHaveLength(450);
    expect(() => render(parts(550))).toThrow('more than 1000 parts');
  });

  it('of any form is refused or rendered, and nothing else', () => {
    const piece = fc.constantFrom(
      ...['{{', '}}', '{%', '%}', ' ', '|', '"', "'", ':', '.', ',', '[', ']', '(1..5)', '-', '\n'],
      ...['Session', '.Choice', '.List', 'System.Now', 'if', 'endif', 'for x in', 'endfor', 'assign y =', 'case', 'when', 'endcase'],
      ...[
        'upcase',
        'split',
        'join',
        'date',
        'sort',
        'map',
        'where',
        'replace',
        'raw',
        'endraw',
        'comment',
        'x',
        '1e9',
        'nil',
        '==',
        'contains',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        try {
          expect(typeof render(pieces.join(' '))).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateError);
        }
      }),
      { seed: 20260101, numRuns: 2000 },
    );
  });
});

describe('an expression', () => {
  it.each<[string, unknown]>([
    ['Session.Age', 42],
    ['Session.Zero', 0],
    ['Session.No', false],
    ['Session.Age | plus: 1', 43],
    ['Session.Choice == "1"', true],
    ['Session.Age > 50 or Session.Choice == "2"', false],
    ['Session.List', ['a', 'b']],
    ['"a" | append: Session.Choice', 'a1'],
    ['12.5', 12.5],
  ])('%s has the value %j', (text, expected) => {
    expect(parseExpression(text).evaluate(view)).toEqual(expected);
  });

  it.each(['', '  ', '{{ Session.A }}', 'Session.A }} {{ Session.B', '%} {% if x', '|', 'Nothing.A', 'Session.A | eval'])(
    '%j is refused',
    (text) => {
      expect(() => parseExpression(text)).toThrow(TemplateError);
    },
  );
});
