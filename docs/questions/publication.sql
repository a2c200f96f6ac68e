-- How old are these figures?
select version, published_at, as_of_date
from ops.publication;
