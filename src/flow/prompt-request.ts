/** Audio that a node wants to be played: a text to speak (`voice` undefined = the account's), an uploaded file, the beep, the tone that a caller hears while it rings, or what the server plays to who is on hold. */
export type PromptRequest =
  | { readonly kind: 'speech'; readonly text: string; readonly voice: string | undefined }
  | { readonly kind: 'file'; readonly fileId: string }
  | { readonly kind: 'beep' }
  | { readonly kind: 'ringing' }
  | { readonly kind: 'hold-music' };

/** The prompt of a node that takes a text or a file: the file if there is one; nothing for an empty text. */
export function promptOf(text: string | undefined, fileId: string | undefined, voice?: string): readonly PromptRequest[] {
  if (fileId !== undefined && fileId !== '') return [{ kind: 'file', fileId }];
  if (text !== undefined && text.trim() !== '') return [{ kind: 'speech', text, voice }];
  return [];
}
