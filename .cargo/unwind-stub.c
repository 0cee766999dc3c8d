/* The unwinder that a standard library built from source for musl asks for (-lunwind), as stubs: no archive of Debian fits
 * musl, and under panic = "abort" nothing ever unwinds. A walk of the stack ends at once; panic messages still print. */
enum { END_OF_STACK = 5 };

int _Unwind_Backtrace(void *step, void *argument) { (void)step; (void)argument; return END_OF_STACK; }
int _Unwind_RaiseException(void *exception) { (void)exception; return END_OF_STACK; }
void _Unwind_Resume(void *exception) { (void)exception; __builtin_trap(); }
void _Unwind_DeleteException(void *exception) { (void)exception; }

unsigned long _Unwind_GetCFA(void *context) { (void)context; return 0; }
unsigned long _Unwind_GetDataRelBase(void *context) { (void)context; return 0; }
unsigned long _Unwind_GetIP(void *context) { (void)context; return 0; }
unsigned long _Unwind_GetIPInfo(void *context, int *before) { (void)context; *before = 0; return 0; }
unsigned long _Unwind_GetLanguageSpecificData(void *context) { (void)context; return 0; }
unsigned long _Unwind_GetRegionStart(void *context) { (void)context; return 0; }
unsigned long _Unwind_GetTextRelBase(void *context) { (void)context; return 0; }
void *_Unwind_FindEnclosingFunction(void *address) { (void)address; return 0; }
void _Unwind_SetGR(void *context, int index, unsigned long value) { (void)context; (void)index; (void)value; }
void _Unwind_SetIP(void *context, unsigned long value) { (void)context; (void)value; }
