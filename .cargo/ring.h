/* Goes before each file of ring. Nothing ever unwinds here (panic = "abort"): the tables for that, which the assembler
 * would make 12 kB of, go where strip removes them. */
#ifdef __ASSEMBLER__
.cfi_sections .debug_frame
#endif
