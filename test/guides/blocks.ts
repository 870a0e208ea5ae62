/** A fenced block of a guide: ```LANGUAGE WORD. Without a fence nothing of a guide is run. */
export interface Block {
  readonly language: string;
  /** `service`, `elsewhere`, the name of a file that the block is, or a server's flavor for SQL; empty where there is none. */
  readonly word: string;
  readonly text: string;
  /** Line of the text in the guide, from 1. */
  readonly line: number;
}

/** The fenced blocks of a Markdown text, in order. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: { language: string; word: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = /^```(\S*)\s*(\S*)\s*$/.exec(line);
    if (fence === null) {
      open?.lines.push(line);
    } else if (open === undefined) {
      open = { language: fence[1] ?? '', word: fence[2] ?? '', line: index + 2, lines: [] };
    } else {
      blocks.push({ language: open.language, word: open.word, line: open.line, text: `${open.lines.join('\n')}\n` });
      open = undefined;
    }
  }
  return blocks;
}
