/** Colours a text for a terminal. `program.ts` decides whether the terminal supports colours. */
export type Paint = (colour: 'bold' | 'dim' | 'red' | 'green' | 'yellow', text: string) => string;
