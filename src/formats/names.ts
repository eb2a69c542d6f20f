/** First words that C# spells in capitals: `uiHint` is `UIHint`. */
const capitalised = new Set(['ui', 'ai']);

/**
 * The PascalCase name of a member from its JSON name: `flowId` is `FlowId`, `ui` is `UI`, `aiMinutes` is `AIMinutes`
 * (servicestack.md 2.1). Names with an underscore, such as `oauth_token`, are spelled in C# as they are.
 */
export function pascalName(jsonName: string): string {
  if (jsonName.includes('_')) return jsonName;
  let end = 0;
  while (end < jsonName.length && isLower(jsonName.charCodeAt(end))) end++;
  const first = jsonName.slice(0, end);
  const word = capitalised.has(first) ? first.toUpperCase() : first.slice(0, 1).toUpperCase() + first.slice(1);
  return word + jsonName.slice(end);
}

function isLower(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}
