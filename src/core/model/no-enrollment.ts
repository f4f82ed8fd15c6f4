/** Id that stands for an enrollment which does not exist. A dummy verification answers for it and always refuses. */
export const noEnrollment = 'none';
