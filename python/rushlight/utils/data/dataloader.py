"""DataLoader: samples in batches, in one process."""

from collections.abc import Mapping, Sequence

from rushlight import _C
from rushlight._naming import Meta
from rushlight.tensor import Tensor

from .dataset import IterableDataset, TensorDataset
from .sampler import BatchSampler, RandomSampler, SequentialSampler

__all__ = ["DataLoader", "default_collate", "default_convert", "get_worker_info"]


def default_convert(data):
    """Arrays inside `data` as tensors."""
    if isinstance(data, Tensor):
        return data
    if hasattr(data, "__array__") and getattr(data, "dtype", None) is not None and data.dtype.kind not in "OSU":
        return _C._as_tensor(data)
    if isinstance(data, Mapping):
        return {k: default_convert(v) for k, v in data.items()}
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(default_convert, data))
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return [default_convert(v) for v in data]
    return data


def default_collate(batch):
    """Samples joined along a new first dim, through tuples, lists and dicts."""
    first = batch[0]
    if isinstance(first, Tensor):
        return _C.stack(list(batch), 0)
    if type(first).__module__ == "numpy":
        if first.dtype.kind in "OSU":
            raise TypeError(
                f"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {first.dtype}"
            )
        return _C.stack([_C._as_tensor(x) for x in batch], 0) if first.shape else _C._as_tensor(list(batch))
    if isinstance(first, float):
        return _C.tensor(list(batch), dtype=_C.float64)
    if isinstance(first, int):
        return _C.tensor(list(batch))
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        return {k: default_collate([sample[k] for sample in batch]) for k in first}
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*(default_collate(samples) for samples in zip(*batch)))
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        return [default_collate(samples) for samples in zip(*batch)]
    raise TypeError(
        f"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {type(first)}"
    )


class _Batches:
    """The iterator of a loader: its length is the loader's."""

    def __init__(self, loader, steps):
        self._loader, self._steps = loader, steps

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._steps)

    def __len__(self):
        return len(self._loader)


def get_worker_info():
    """What a loader's worker process is told about itself; None in the main process."""
    return None


class DataLoader(metaclass=Meta):
    """Iterates over a dataset in batches; for a seed, in the order that PyTorch's does.

    Raises
    ------
    NotImplementedError
        If `num_workers` is not 0: loading in other processes is not there yet.
    """

    def __init__(
        self, dataset, batch_size=1, shuffle=None, sampler=None, batch_sampler=None, num_workers=0, collate_fn=None,
        pin_memory=False, drop_last=False, timeout=0, worker_init_fn=None, multiprocessing_context=None, generator=None, *,
        prefetch_factor=None, persistent_workers=False, pin_memory_device="", in_order=True,
    ):  # fmt: skip
        if num_workers < 0:
            raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
        if num_workers:
            raise NotImplementedError("DataLoader: num_workers > 0 is not there yet; use num_workers=0")
        if prefetch_factor is not None:
            raise ValueError(
                "prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 to enable "
                "multiprocessing, otherwise set prefetch_factor to None."
            )
        if persistent_workers:
            raise ValueError("persistent_workers option needs num_workers > 0")
        if timeout < 0:
            raise ValueError("timeout option should be non-negative")
        iterable = isinstance(dataset, IterableDataset)
        if iterable and shuffle not in (None, False):
            raise ValueError(
                f"DataLoader with IterableDataset: expected unspecified shuffle option, but got shuffle={shuffle}"
            )
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
                )
            batch_size, drop_last = None, False
        elif batch_size is None and drop_last:
            raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
        if sampler is None and not iterable:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_size is not None and batch_sampler is None and not iterable:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset, self.batch_size, self.num_workers, self.drop_last = dataset, batch_size, num_workers, drop_last
        self.sampler, self.batch_sampler, self.generator, self.pin_memory = (
            sampler,
            batch_sampler,
            generator,
            pin_memory,
        )
        self.timeout, self.worker_init_fn = timeout, worker_init_fn
        batches = batch_sampler is not None or (iterable and batch_size is not None)
        self.collate_fn = collate_fn or (default_collate if batches else default_convert)
        self.prefetch_factor, self.persistent_workers, self.pin_memory_device = (
            prefetch_factor,
            persistent_workers,
            pin_memory_device,
        )
        self.in_order, self.multiprocessing_context = in_order, multiprocessing_context
        self._initialized = True

    def __iter__(self):
        _C.empty((), dtype=_C.int64).random_(generator=self.generator)  # the base seed that PyTorch draws for workers
        return _Batches(self, self._iterable() if isinstance(self.dataset, IterableDataset) else self._batches())

    def __setattr__(self, name, value):
        if self.__dict__.get("_initialized") and name in (
            "batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers",
        ):  # fmt: skip
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    def _batches(self):
        dataset, collate = self.dataset, self.collate_fn
        if self.batch_sampler is None:
            for index in self.sampler:
                yield collate(dataset[index])
            return
        # tensors side by side are indexed once a batch: the same values as sample by sample
        whole = (
            type(dataset) is TensorDataset
            and collate is default_collate
            and not any(t.requires_grad for t in dataset.tensors)
        )
        fetch_many = getattr(dataset, "__getitems__", None)
        for indices in self.batch_sampler:
            if whole:
                chosen = _C.tensor(indices, dtype=_C.int64)
                yield [t[chosen] for t in dataset.tensors]
            else:
                yield collate(fetch_many(indices) if fetch_many else [dataset[i] for i in indices])

    def _iterable(self):
        if self.batch_size is None:
            for sample in self.dataset:
                yield self.collate_fn(sample)
            return
        batch = []
        for sample in self.dataset:
            batch.append(sample)
            if len(batch) == self.batch_size:
                yield self.collate_fn(batch)
                batch = []
        if batch and not self.drop_last:
            yield self.collate_fn(batch)

    def __len__(self):
        if isinstance(self.dataset, IterableDataset):
            n = len(self.dataset)
            if self.batch_size is None:
                return n
            return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)
