/** Stands for an enrollment that does not exist; a dummy verification answers for it, and always refuses. */
export const NO_ENROLLMENT = 'none';
