-- Who may be in the lists twice, and in which lines?
select match_weight, agrees, differs, member_id_left, member_id_right, file_id_left, line_left, file_id_right, line_right
from marts.possible_duplicates
order by match_weight desc, file_id_left, line_left, file_id_right, line_right;
