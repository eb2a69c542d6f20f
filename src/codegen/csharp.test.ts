import { describe, expect, it } from 'vitest';
import '../../test/support/every-contract.ts';
import { typesRequest } from '../../test/support/types-request.ts';
import { csharpTab, csharpTypes } from './csharp.ts';
import { typeModel } from './type-model.ts';

const newOutgoingSession = `/* Options:
Date: 2026-01-02 03:04:05
Version: 1.2.3
Tip: To override a DTO option, remove "//" prefix before updating
BaseUrl: https://voice.example

//GlobalNamespace: 
//AddServiceStackTypes: False
//AddResponseStatus: False
//AddImplicitVersion: 
AddDescriptionAsComments: False
IncludeTypes: NewOutgoingSession.*
//ExcludeTypes: 
//AddNamespaces: 
*/

using System;
using System.Collections.Generic;
using System.Runtime.Serialization;
using ServiceStack;
using ServiceStack.DataAnnotations;
using Voice.Api.Sessions;

namespace Voice.Api.Sessions
{
    [Route("/sessions/outgoing", "POST")]
    [Api(Description="Create a new outgoing call and process it with the specified flow. This can only be used for voice sessions. If no caller ID is specified, we will use a random one.")]
    public partial class NewOutgoingSession
        : IPost
    {
        [ApiMember(Description="The ID of the flow to use. This flow will be executed as soon as the call is answered.")]
        public virtual string FlowId { get; set; }

        [ApiMember(Description="The E164 number to dial, e.g. +18144043093")]
        public virtual string NumberToDial { get; set; }

        [ApiMember(Description="The Caller ID to use. This must be the E164 number of an owned phone number")]
        public virtual string CallerId { get; set; }
    }
}
`;

/** C# language specification, 6.4.4. */
const keywords =
  `abstract as base bool break byte case catch char checked class const continue decimal default delegate do double else enum event explicit extern
false finally fixed float for foreach goto if implicit in int interface internal is lock long namespace new null object operator out override params
private protected public readonly ref return sbyte sealed short sizeof stackalloc static string struct switch this throw true try typeof uint ulong
unchecked unsafe ushort using virtual void volatile while`.split(/\s+/);

describe('the generated C#', () => {
  it('is, for one operation, exactly this', () => {
    expect(csharpTypes(typesRequest({ IncludeTypes: 'NewOutgoingSession.*', AddDescriptionAsComments: 'False' }))).toBe(newOutgoingSession);
  });

  it('has each type once, in its namespace', () => {
    const code = csharpTypes(typesRequest({ AddServiceStackTypes: 'True' }));
    const found = new Map<string, string>();
    for (const part of code.split(/^namespace /m).slice(1)) {
      const namespace = part.slice(0, part.indexOf('\n'));
      for (const [, name = ''] of part.matchAll(/^ {4}public (?:partial class|enum) (\w+)/gm)) {
        expect(found.has(name), name).toBe(false);
        found.set(name, namespace);
      }
    }
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(typeModel().types.map(({ name, namespace }) => [name, namespace])));
  });

  it('has no name that a compiler refuses: of a member that is the name of its class, or twice, or a keyword', () => {
    const code = csharpTypes(typesRequest({ AddServiceStackTypes: 'True', AddResponseStatus: 'True', AddImplicitVersion: '3' }));
    const classes = [...code.matchAll(/^ {4}public (?:partial class|enum) (\w+)[^{]*\{\n([^}]*(?:\{ get; set; \}[^}]*)*)^ {4}\}/gm)];
    expect(classes.length).toBe(typeModel().types.length);
    for (const [, name = '', body = ''] of classes) {
      const members = [...body.matchAll(/^ {8}(?:public virtual .* )?(\w+)(?: \{ get; set; \}.*|,)$/gm)].map(([, member]) => member);
      expect(members, name).not.toContain(name);
      expect(new Set(members).size, name).toBe(members.length);
      for (const written of [name, ...members]) expect(keywords).not.toContain(written);
    }
  });

  it('says what a request returns, where it derives from and by which verbs it is sent', () => {
    const code = csharpTypes(typesRequest());
    expect(code).toContain('    [Route("/files", "GET")]');
    expect(code).toContain('    public partial class ListFiles\n        : ListRequest<FileInfo>, IReturn<ListResponse<FileInfo>>\n');
    expect(code).toContain('IReturn<List<FlowNodeSpec>>');
    expect(code).toContain('        public virtual int? RecordingDuration { get; set; }');
    expect(code).toContain('        public virtual Dictionary<string,NodeParameter> Parameters { get; set; }');
  });

  it('has the types in one namespace if asked', () => {
    const code = csharpTypes(typesRequest({ GlobalNamespace: 'My.Types', AddNamespaces: 'My.Own' }));
    expect(code.match(/^namespace .*$/gm)).toEqual(['namespace My.Types']);
    expect(code).toContain('using My.Own;');
    expect(code).not.toContain('using Voice');
  });

  it('has on the page of an operation neither routes nor what it returns', () => {
    const operation = typeModel().operationNamed('getsession');
    if (!operation) throw new Error('GetSession is an operation');
    expect(csharpTab(operation)).toContain('public partial class SessionInfo');
    expect(csharpTab(operation)).not.toMatch(/\[Route|IReturn|Options:/);
  });
});
