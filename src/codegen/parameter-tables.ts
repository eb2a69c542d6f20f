import { type Markup, markup, nothing } from '../formats/html-markup.ts';
import { kept } from './kept.ts';
import {
  csharpType,
  declaredName,
  type ModelClass,
  type ModelEnum,
  type ModelMember,
  type ModelOperation,
  type ModelType,
  referencesOf,
  rootsOf,
  typeModel,
} from './type-model.ts';

/**
 * What an operation takes and answers (servicestack.md 5.1): a table for its request, and for every base, every type that one of them
 * refers to, and the answer; enums as lists.
 */
export const parameterTables = kept((operation: ModelOperation): Markup => {
  const parts = typesInReadingOrder(operation).map((type) => (type.kind === 'enum' ? enumList(type) : classTable(type, operation)));
  return markup`${parts}`;
});

/** The request and what it refers to, then the answer. */
function typesInReadingOrder(operation: ModelOperation): readonly ModelType[] {
  const found = new Set<ModelType>();
  const visit = (name: string): void => {
    const type = typeModel().typeNamed(name);
    if (!type || found.has(type)) return;
    found.add(type);
    for (const reference of referencesOf(type)) visit(reference);
  };
  for (const name of [operation.request.name, ...rootsOf(operation)]) visit(name);
  return [...found];
}

function classTable(type: ModelClass, operation: ModelOperation): Markup {
  const title = markup`<b>${declaredName(type)}</b> Parameters:`;
  if (type.members.length === 0) return type === operation.request ? markup`<p>${title} none</p>\n` : nothing;
  const placeOf = type === operation.request ? placesIn(operation) : () => 'form';
  const rows = type.members.map((member) => {
    const { name, required, description } = member;
    const cells = [name, placeOf(member), csharpType(member.type), required ? 'Yes' : 'No', description];
    return markup`<tr>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>\n`;
  });
  return markup`<div class="scroll"><table>
<caption>${title}</caption>
<thead><tr><th>Name</th><th>Parameter</th><th>Data Type</th><th>Required</th><th>Description</th></tr></thead>
<tbody>
${rows}</tbody>
</table></div>
`;
}

/** Where a request has its members. */
function placesIn({ operation: { routes } }: ModelOperation): (member: ModelMember) => string {
  const paths = routes.join(' ').toLowerCase();
  const elsewhere = routes.some((route) => route.startsWith('POST ') || route.startsWith('PUT ')) ? 'body' : 'query';
  return ({ name }) => (paths.includes(`{${name.toLowerCase()}}`) ? 'path' : elsewhere);
}

function enumList({ name, values }: ModelEnum): Markup {
  return markup`<p><b>${name}</b> Enum:</p>\n<ul>${values.map((value) => markup`<li>${value}</li>`)}</ul>\n`;
}
