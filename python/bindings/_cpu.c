/* Which x86-64 level this processor runs; a module of its own so that nothing else is loaded to find out. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#ifdef _MSC_VER
#include <intrin.h>
#endif

static PyObject* has_x86_64_v3(PyObject* self, PyObject* args) {
  (void)self;
  (void)args;
#if (defined(__GNUC__) || defined(__clang__)) && defined(__x86_64__)
  __builtin_cpu_init();
  return PyBool_FromLong(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                         __builtin_cpu_supports("bmi2"));
#elif defined(_MSC_VER) && defined(_M_X64)
  int found[4];  // eax, ebx, ecx, edx
  __cpuid(found, 0);
  if (found[0] < 7) Py_RETURN_FALSE;
  __cpuid(found, 1);
  const int fma = (found[2] >> 12) & 1, saves = (found[2] >> 27) & 1;
  if (!fma || !saves || (_xgetbv(0) & 6) != 6) Py_RETURN_FALSE;  // the system must keep the wide registers
  __cpuidex(found, 7, 0);
  return PyBool_FromLong(((found[1] >> 5) & 1) && ((found[1] >> 8) & 1));  // AVX2, BMI2
#else
  Py_RETURN_FALSE;
#endif
}

static PyMethodDef methods[] = {
    {"has_x86_64_v3", has_x86_64_v3, METH_NOARGS, "True if the processor has AVX2, FMA and BMI2."},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_cpu", NULL, 0, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__cpu(void) {
  PyObject* made = PyModule_Create(&module);
#ifdef Py_GIL_DISABLED
  // Otherwise importing this module would switch the lock back on for the whole process.
  if (made != NULL && PyUnstable_Module_SetGIL(made, Py_MOD_GIL_NOT_USED) < 0) {
    Py_DECREF(made);
    return NULL;
  }
#endif
  return made;
}
