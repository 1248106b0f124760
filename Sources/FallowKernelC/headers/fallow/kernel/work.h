/* Work queues. One worker carries out all work, one after another, in any
 * order; a delay is any time. */
#ifndef FALLOW_KERNEL_WORK_H
#define FALLOW_KERNEL_WORK_H

struct work_struct;
typedef void (*work_func_t)(struct work_struct *);
struct work_struct { work_func_t func; };
struct delayed_work { struct work_struct work; };
struct workqueue_struct { int unused; };

#define __WORK_INITIALIZER(name, function) { function }
#define DECLARE_WORK(name, function) \
  struct work_struct name = __WORK_INITIALIZER(name, function)
#define DECLARE_DELAYED_WORK(name, function) \
  struct delayed_work name = { __WORK_INITIALIZER(name, function) }
#define INIT_WORK(w, function) ((void)((w)->func = (function)))
#define INIT_DELAYED_WORK(w, function) INIT_WORK(&(w)->work, function)
#define system_wq ((struct workqueue_struct *)0)
#define system_unbound_wq system_wq
#define system_percpu_wq system_wq
#define system_dfl_wq system_wq
#define system_highpri_wq system_wq
#define system_long_wq system_wq
/* All queues are one. */
static struct workqueue_struct fallow_workqueue_ __attribute__((unused));
#define alloc_workqueue(...) (&fallow_workqueue_)
#define alloc_ordered_workqueue(...) (&fallow_workqueue_)
#define WQ_UNBOUND 0u
#define WQ_MEM_RECLAIM 0u
#define WQ_HIGHPRI 0u
#define WQ_FREEZABLE 0u
#define WQ_PERCPU 0u
#define to_delayed_work(w) container_of(w, struct delayed_work, work)

static inline bool schedule_work(struct work_struct *work)
{
  return fallow_queue(work, (void *)work->func);
}
#define queue_work(queue, w) ((void)(queue), schedule_work(w))
#define queue_work_on(cpu, queue, w) ((void)(cpu), queue_work(queue, w))
#define schedule_delayed_work(w, delay) \
  ((void)(delay), schedule_work(&(w)->work))
#define queue_delayed_work(queue, w, delay) \
  ((void)(queue), schedule_delayed_work(w, delay))
#define mod_delayed_work queue_delayed_work
#define flush_work(w) (fallow_flush(w), true)
#define flush_delayed_work(w) flush_work(&(w)->work)
/* Waits until no work waits or is under way. */
#define flush_scheduled_work() fallow_flush(NULL)
#define flush_workqueue(queue) ((void)(queue), fallow_flush(NULL))
#define drain_workqueue(queue) flush_workqueue(queue)
#define destroy_workqueue(queue) flush_workqueue(queue)
#define INIT_WORK_ONSTACK(w, function) INIT_WORK(w, function)
#define destroy_work_on_stack(w) ((void)(w))
#define cancel_work(w) fallow_cancel(w)
static inline bool cancel_work_sync(struct work_struct *work)
{
  bool was_pending = fallow_cancel(work);
  fallow_flush(work);
  return was_pending;
}
#define cancel_delayed_work(w) cancel_work(&(w)->work)
#define cancel_delayed_work_sync(w) cancel_work_sync(&(w)->work)

#endif
