/* Numbers of errors, and pointers that are one. */
#ifndef FALLOW_KERNEL_ERRORS_H
#define FALLOW_KERNEL_ERRORS_H

#define EPERM 1
#define ENOENT 2
#define EINTR 4
#define EIO 5
#define EAGAIN 11
#define ENOMEM 12
#define EFAULT 14
#define EBUSY 16
#define EEXIST 17
#define ENODEV 19
#define EINVAL 22
#define ENOSPC 28
#define ERANGE 34
#define EOPNOTSUPP 95
#define ETIMEDOUT 110

#define MAX_ERRNO 4095
#define IS_ERR_VALUE(value) ((unsigned long)(value) >= -(unsigned long)MAX_ERRNO)
static inline void *ERR_PTR(long error) { return (void *)error; }
static inline long PTR_ERR(const void *pointer) { return (long)pointer; }
static inline bool IS_ERR(const void *pointer) { return IS_ERR_VALUE(pointer); }
static inline bool IS_ERR_OR_NULL(const void *pointer)
{
  return !pointer || IS_ERR(pointer);
}
static inline int PTR_ERR_OR_ZERO(const void *pointer)
{
  return IS_ERR(pointer) ? (int)PTR_ERR(pointer) : 0;
}
static inline void *ERR_CAST(const void *pointer) { return (void *)pointer; }

#endif
