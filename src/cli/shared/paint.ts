/** Colours for a terminal; whoever builds the program decides whether there are any. */
export type Paint = (colour: 'bold' | 'dim' | 'red' | 'green' | 'yellow', text: string) => string;
