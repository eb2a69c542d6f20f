import ts from 'typescript';

/** A class of the generated TypeScript, as clients use it. */
export type DtoClass = new (init?: object) => Request;

/** A request of the real client; what it answers is checked where it is used. */
export interface Request {
  createResponse(): unknown;
}

/** Compiles the text of `/types/typescript` and loads it. */
export async function loadDtos(code: string): Promise<(name: string) => DtoClass> {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true },
  });
  const loaded: Readonly<Record<string, DtoClass>> = await import(
    `data:text/javascript;base64,${Buffer.from(outputText, 'utf8').toString('base64')}`
  );
  return (name) => {
    const found = loaded[name];
    if (!found) throw new Error(`The generated types have no ${name}`);
    return found;
  };
}
